// SPDX-License-Identifier: Apache-2.0
// The cluster's certificate authority: P-256, self-signed, 10 years; leaves of 24 hours (RFC 5280). An object
// is used by one thread at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/crypto/random.hpp"
#include "common/crypto/secret_bytes.hpp"
#include "common/pki/sans.hpp"

namespace signalbox::pki {

struct AuthorityFiles {
    std::string certificate_pem;
    crypto::SecretBytes key_pem;  // write it with mode 0600
};

// Errors: invalid_argument (cluster id), internal.
[[nodiscard]] Result<AuthorityFiles> create_authority(std::string_view cluster_id, Instant now,
                                                      crypto::Random& random);

struct LeafProfile {
    SubjectNames names;
    bool client = false;  // extended key usages; at least one
    bool server = false;
    Duration life = std::chrono::hours(24);
    Duration backdate = std::chrono::seconds(60);  // for clocks that are behind
};

struct IssuedLeaf {
    std::string certificate_pem;
    std::string serial;  // lower-case hex, random
    Instant not_before{};
    Instant not_after{};
};

class Authority {
  public:
    // Errors: invalid_argument (not a CA certificate, or the key is another's).
    [[nodiscard]] static Result<Authority> load(std::string_view certificate_pem,
                                                const crypto::SecretBytes& key_pem);
    Authority(Authority&&) noexcept;
    Authority& operator=(Authority&&) noexcept;
    ~Authority();

    // The request proves possession of its key; the names that it asks for are ignored: only the profile's
    // are issued. Errors: invalid_argument (request, names), refused (request's signature),
    // failed_precondition (the authority's own certificate is not valid at `now`).
    [[nodiscard]] Result<IssuedLeaf> issue(std::string_view csr_der, const LeafProfile& profile, Instant now,
                                           crypto::Random& random) const;

    // RFC 4210 4.4, "new with old": the other authority's name and key in a certificate of this one, so that
    // who trusts only this one accepts what that one issues. As long-lived as the shorter of both. Errors:
    // internal, failed_precondition (this one's certificate is not valid at `now`).
    [[nodiscard]] Result<std::string> endorse(const Authority& next, Instant now,
                                              crypto::Random& random) const;

    [[nodiscard]] const std::string& certificate_pem() const;
    // SHA-256 of the certificate's DER, as lower-case hex: what it is told from others by.
    [[nodiscard]] const std::string& fingerprint() const;
    [[nodiscard]] Instant not_before() const;
    [[nodiscard]] Instant not_after() const;

  private:
    struct State;
    explicit Authority(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace signalbox::pki
