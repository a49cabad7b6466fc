// SPDX-License-Identifier: Apache-2.0
// Authorities: the certificate authorities of the cluster. There is one; while it is changed there are two,
// and certificates of both count. Called on the domain strand only. ADR 0028.
#pragma once

#include <string>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/pki/authority.hpp"

namespace signalbox::fleet {

class Authorities {
  public:
    virtual ~Authorities() = default;

    // Whose certificate the controller itself shows.
    [[nodiscard]] virtual const pki::Authority& present() const = 0;
    // The one that takes its place; nullptr while nothing is changed.
    [[nodiscard]] virtual const pki::Authority* next() const = 0;
    // Who issues hosts' certificates: the next one as soon as our own ports accept what it issues.
    [[nodiscard]] virtual const pki::Authority& issuing(Instant now) const = 0;
    // Every authority that counts now, as PEM: what hosts are to trust.
    [[nodiscard]] virtual std::string bundle_pem() const = 0;

    // Makes the next one, durably. Errors: already_exists (there is one), the disk's.
    [[nodiscard]] virtual Status prepare(Instant now) = 0;
    // The next one takes the present one's place, whose key is destroyed. Errors: failed_precondition (none
    // is prepared), the disk's: what was begun is then finished at the next start, and present() tells
    // whether it has changed already.
    [[nodiscard]] virtual Status retire() = 0;
};

// One that is never changed: for tests and tools.
class OneAuthority final : public Authorities {
  public:
    // Must outlive it.
    explicit OneAuthority(const pki::Authority& authority) : authority_(authority) {}
    [[nodiscard]] const pki::Authority& present() const override { return authority_; }
    [[nodiscard]] const pki::Authority* next() const override { return nullptr; }
    [[nodiscard]] const pki::Authority& issuing(Instant) const override { return authority_; }
    [[nodiscard]] std::string bundle_pem() const override { return authority_.certificate_pem(); }
    [[nodiscard]] Status prepare(Instant) override { return fixed(); }
    [[nodiscard]] Status retire() override { return fixed(); }

  private:
    static Status fixed() { return Error(Code::failed_precondition, "this authority is not changed"); }
    const pki::Authority& authority_;
};

}  // namespace signalbox::fleet
