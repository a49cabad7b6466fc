// SPDX-License-Identifier: Apache-2.0
#include "controller/artifact/fetcher.hpp"

#include <fmt/format.h>

#include "common/http/client.hpp"

namespace signalbox::artifact {

Status HttpsFetcher::fetch(const std::string& url, std::uint64_t max_bytes, const Sink& sink) {
    http::ClientOptions options;
    options.addresses = http::AddressRule::public_only(also_allowed_);
    options.deadline = std::chrono::minutes(30);
    options.max_body_bytes = max_bytes;
    options.max_redirects = 3;
    http::Client client(std::move(options));
    http::ClientRequest request;
    request.url = url;
    SB_TRY(const auto response, client.download(request, sink));
    if (response.status == 200) return {};
    return Error{Code::refused, fmt::format("'{:.200}' answered {}", url, response.status),
                 "Check the URL, and that it needs no login"};
}

}  // namespace signalbox::artifact
