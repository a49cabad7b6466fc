// SPDX-License-Identifier: Apache-2.0
// The cluster's certificate authorities on disk, below DATA/pki:
//   ca.crt, ca.key                   the present one
//   next/ca.key, cross.crt, ca.crt   the one that takes its place, while that is under way; ca.crt comes last
//   bundle.crt                       every one that counts: what connecting hosts are verified against
//   succession.crt                   of each change so far the new authority certified by the old one: our
//                                    own certificate is shown with it, so that a host that slept knows us
// A change that a crash cut short is finished, or begun again, by the next load(). Domain strand only. ADR
// 0028.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/crypto/random.hpp"
#include "controller/fleet/authorities.hpp"

namespace signalbox::app {

class ClusterCa final : public fleet::Authorities {
  public:
    // Our ports look at bundle.crt every ten seconds; until then they would refuse what the next one issues.
    static constexpr Duration kSettled = std::chrono::seconds(15);

    // `random` must outlive it. Errors: not_found, permission_denied, invalid_argument, the disk's.
    [[nodiscard]] static Result<std::unique_ptr<ClusterCa>> load(const std::string& directory,
                                                                 crypto::Random& random, Instant now);

    [[nodiscard]] const pki::Authority& present() const override { return present_; }
    [[nodiscard]] const pki::Authority* next() const override { return next_ ? &*next_ : nullptr; }
    [[nodiscard]] const pki::Authority& issuing(Instant now) const override;
    [[nodiscard]] std::string bundle_pem() const override;
    [[nodiscard]] Status prepare(Instant now) override;
    [[nodiscard]] Status retire() override;

    // What a certificate of the present one is shown with.
    [[nodiscard]] const std::string& succession_pem() const { return succession_; }
    // bundle_pem(), and the one retired by this process: our ports may still show a certificate of it.
    [[nodiscard]] std::string loopback_pem() const { return bundle_pem() + retired_pem_; }
    [[nodiscard]] std::string bundle_path() const { return directory_ + "/bundle.crt"; }

  private:
    ClusterCa(std::string directory, crypto::Random& random, pki::Authority present)
        : directory_(std::move(directory)), random_(random), present_(std::move(present)) {}
    [[nodiscard]] static Status finish_move(const std::string& directory);
    [[nodiscard]] Status read_succession(Instant now);
    [[nodiscard]] Status write_bundle() const;

    std::string directory_;
    crypto::Random& random_;
    pki::Authority present_;
    std::optional<pki::Authority> next_;
    std::optional<Instant> prepared_;  // by this process: our ports have not looked yet
    std::string succession_;
    std::string retired_pem_;
};

}  // namespace signalbox::app
