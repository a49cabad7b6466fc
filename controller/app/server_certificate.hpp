// SPDX-License-Identifier: Apache-2.0
// The controller's own leaf certificate: 24 hours, issued by the cluster's present authority, renewed at half
// its life (ten percent more or less). Key and certificate live in DATA/pki/<n>/; DATA/pki/live is a link to
// the newest, so that both change at once for whoever reads the files. One thread at a time.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/crypto/random.hpp"
#include "common/pki/sans.hpp"
#include "controller/app/cluster_ca.hpp"

namespace signalbox::app {

struct LiveCertificate {
    std::string chain_pem;
    std::string key_pem;
    Instant not_after{};
    Instant renew_at{};
    bool renewed = false;  // by this call
};

class ServerCertificate {
  public:
    // Both must outlive it.
    ServerCertificate(std::string directory, pki::SubjectNames names, const ClusterCa& ca,
                      crypto::Random& random, Duration life = std::chrono::hours(24))
        : directory_(std::move(directory)), names_(std::move(names)), ca_(ca), random_(random), life_(life) {}

    // The live one while it is good: of this authority, for these names, before it is due. Otherwise a
    // new one. Errors: failed_precondition (the authority's certificate has expired), resource_exhausted,
    // permission_denied; the live one stays as it was.
    [[nodiscard]] Result<LiveCertificate> ensure(Instant now);

    [[nodiscard]] std::string key_path() const { return directory_ + "/live/server.key"; }
    [[nodiscard]] std::string certificate_path() const { return directory_ + "/live/server.crt"; }

  private:
    [[nodiscard]] Result<LiveCertificate> load(Instant now) const;
    [[nodiscard]] Result<LiveCertificate> issue(Instant now);
    [[nodiscard]] std::vector<long> generations() const;

    std::string directory_;
    pki::SubjectNames names_;
    const ClusterCa& ca_;
    crypto::Random& random_;
    Duration life_;
};

// What the controller's certificate says it is: the cluster's controller, reachable at `hosts`.
[[nodiscard]] pki::SubjectNames controller_names(const std::string& cluster,
                                                 const std::vector<std::string>& hosts);

}  // namespace signalbox::app
