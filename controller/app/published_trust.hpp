// SPDX-License-Identifier: Apache-2.0
// The authority as the fleet and the release engine see it. On the domain strand.
#pragma once

#include "controller/authority/authority.hpp"
#include "controller/fleet/trust_source.hpp"
#include "controller/release/dispatch/trust_port.hpp"

namespace signalbox::app {

class PublishedTrust final : public fleet::TrustSource, public dispatch::TrustPort {
  public:
    // Both must outlive it.
    PublishedTrust(const authority::Authority& authority, const crypto::SigningKey& token_key)
        : authority_(authority), token_key_(token_key) {}

    [[nodiscard]] std::int64_t current_version() const override { return authority_.current().version; }
    [[nodiscard]] Result<std::string> text(std::int64_t version) const override {
        return authority_.text(version);
    }
    [[nodiscard]] const trust::TrustFile* current() const override { return &authority_.current(); }
    [[nodiscard]] const crypto::SigningKey& token_key() const override { return token_key_; }

  private:
    const authority::Authority& authority_;
    const crypto::SigningKey& token_key_;
};

}  // namespace signalbox::app
