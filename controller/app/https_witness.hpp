// SPDX-License-Identifier: Apache-2.0
// A witness over HTTPS, as the controller asks it. On the side strand.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/http/client.hpp"
#include "controller/ledger/cosigners.hpp"

namespace signalbox::app {

class HttpsWitness final : public ledger::WitnessPort {
  public:
    // `url` is the submission prefix of c2sp.org/tlog-witness.
    HttpsWitness(std::string url, const std::string& ca_pem);

    [[nodiscard]] const std::string& url() const override { return url_; }
    [[nodiscard]] Result<ledger::WitnessReply> add_checkpoint(const std::string& body) override;

  private:
    std::string url_;
    http::Client client_;
};

// Errors: not_found and so on (the CA file).
[[nodiscard]] Result<std::vector<std::unique_ptr<ledger::WitnessPort>>> https_witnesses(
    const std::vector<std::string>& urls, const std::string& ca_path);

}  // namespace signalbox::app
