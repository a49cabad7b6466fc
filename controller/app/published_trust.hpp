// SPDX-License-Identifier: Apache-2.0
// The authority as the fleet and the release engine see it. On the domain strand.
#pragma once

#include "controller/authority/authority.hpp"
#include "controller/authority/token_keys.hpp"
#include "controller/fleet/trust_source.hpp"
#include "controller/release/dispatch/trust_port.hpp"

namespace signalbox::app {

class PublishedTrust final : public fleet::TrustSource, public dispatch::TrustPort {
  public:
    // All must outlive it.
    PublishedTrust(const authority::Authority& authority, const authority::TokenKeys& token_keys,
                   const Clock& clock)
        : authority_(authority), token_keys_(token_keys), clock_(clock) {}

    [[nodiscard]] std::int64_t current_version() const override { return authority_.current().version; }
    [[nodiscard]] Result<std::string> text(std::int64_t version) const override {
        return authority_.text(version);
    }
    [[nodiscard]] const trust::TrustFile* current() const override { return &authority_.current(); }
    [[nodiscard]] const crypto::SigningKey& token_key() const override {
        return token_keys_.at(clock_.now());
    }

  private:
    const authority::Authority& authority_;
    const authority::TokenKeys& token_keys_;
    const Clock& clock_;
};

}  // namespace signalbox::app
