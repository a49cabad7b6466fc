// SPDX-License-Identifier: Apache-2.0
#include "controller/app/https_witness.hpp"

#include "common/os/file.hpp"

namespace signalbox::app {
namespace {

constexpr std::size_t kMaxCaBytes = 1 << 20;
constexpr std::size_t kMaxAnswerBytes = 64 * 1024;
constexpr std::chrono::seconds kDeadline{10};

http::ClientOptions client_options(const std::string& ca_pem) {
    http::ClientOptions options;
    options.ca_pem = ca_pem;
    options.connect_timeout = kDeadline / 2;
    options.deadline = kDeadline;
    options.max_body_bytes = kMaxAnswerBytes;
    return options;
}

}  // namespace

HttpsWitness::HttpsWitness(std::string url, const std::string& ca_pem)
    : url_(std::move(url)), client_(client_options(ca_pem)) {
    while (url_.ends_with('/')) url_.pop_back();
}

Result<ledger::WitnessReply> HttpsWitness::add_checkpoint(const std::string& body) {
    SB_TRY(auto answer,
           client_.send({"POST", url_ + "/add-checkpoint", {{"content-type", "text/plain"}}, body}));
    return ledger::WitnessReply{answer.status, std::move(answer.body)};
}

Result<std::vector<std::unique_ptr<ledger::WitnessPort>>> https_witnesses(
    const std::vector<std::string>& urls, const std::string& ca_path) {
    std::string ca_pem;
    if (!ca_path.empty()) {
        auto text = os::read_file(ca_path, kMaxCaBytes);
        if (!text) return std::move(text).error().with_context("--witness-ca");
        ca_pem = *std::move(text);
    }
    std::vector<std::unique_ptr<ledger::WitnessPort>> out;
    out.reserve(urls.size());
    for (const std::string& url : urls) out.push_back(std::make_unique<HttpsWitness>(url, ca_pem));
    return out;
}

}  // namespace signalbox::app
