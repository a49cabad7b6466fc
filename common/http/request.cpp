// SPDX-License-Identifier: Apache-2.0
#include "common/http/request.hpp"

#include <algorithm>
#include <cctype>

namespace signalbox::http {
namespace {

std::string to_string(boost::beast::string_view text) {
    return {text.data(), text.size()};
}

}  // namespace

std::string_view ServerRequest::header(std::string_view name) const {
    std::string_view found;
    int count = 0;
    for (const auto& header : headers) {
        if (header.first != name) continue;
        found = header.second;
        ++count;
    }
    return count == 1 ? found : std::string_view();
}

void set_limits(RequestParser& parser, const ServerLimits& limits) {
    parser.header_limit(limits.header_bytes);
    parser.body_limit(limits.body_bytes);
}

ServerRequest to_request(const RequestMessage& message, std::string peer) {
    ServerRequest request;
    request.method = to_string(message.method_string());
    const auto target = to_string(message.target());
    const auto question = target.find('?');
    request.path = target.substr(0, question);
    if (question != std::string::npos) request.query = target.substr(question + 1);
    for (const auto& field : message) {
        std::string name = to_string(field.name_string());
        std::transform(name.begin(), name.end(), name.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        request.headers.emplace_back(std::move(name), to_string(field.value()));
    }
    request.body = message.body();
    request.peer = std::move(peer);
    return request;
}

}  // namespace signalbox::http
