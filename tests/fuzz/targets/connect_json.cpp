// SPDX-License-Identifier: Apache-2.0
// A call of the operator API in Connect's JSON: the first line names the method, the rest is the body.
#include "common/json/json.hpp"
#include "tests/fuzz/targets/api_edge.hpp"

namespace signalbox::fuzz {

void one(std::string_view input) {
    static ApiEdge edge;
    const std::size_t end = std::min(input.find('\n'), input.size());
    http::ServerRequest request;
    request.method = "POST";
    request.path = "/signalbox.v1." + std::string(input.substr(0, end));
    request.headers = {{"content-type", "application/json"}, {"authorization", "Bearer key"}};
    request.body = input.substr(std::min(end + 1, input.size()));
    const auto answer = edge.ask(std::move(request));
    require(answer.content_type == "application/json", "an answer to JSON is JSON");
    require(json::parse(answer.body).ok(), "and parses as such");
}

}  // namespace signalbox::fuzz
