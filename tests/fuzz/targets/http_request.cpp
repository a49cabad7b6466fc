// SPDX-License-Identifier: Apache-2.0
// The bytes of an HTTP/1.1 request, as they come out of TLS, through the server's parser into the operator
// API's edge.
#include <boost/asio/buffer.hpp>

#include "common/http/request.hpp"
#include "tests/fuzz/targets/api_edge.hpp"

namespace signalbox::fuzz {

void one(std::string_view input) {
    static ApiEdge edge;
    http::RequestParser parser;
    http::ServerLimits limits;
    limits.header_bytes = 4096;
    limits.body_bytes = 8192;
    http::set_limits(parser, limits);
    parser.eager(true);
    // In two parts, as it may come from the network; the length of the input says where it breaks.
    std::string waiting;
    const std::size_t first = input.size() * 5 / 7;
    for (const auto& part : {input.substr(0, first), input.substr(first)}) {
        waiting += part;
        while (!waiting.empty() && !parser.is_done()) {
            boost::beast::error_code failure;
            const std::size_t used = parser.put(boost::asio::buffer(waiting), failure);
            waiting.erase(0, used);
            if (failure == boost::beast::http::error::need_more) break;
            if (failure) return;
            if (used == 0) break;
        }
    }
    if (!parser.is_done()) return;
    const auto message = parser.release();
    require(message.body().size() <= limits.body_bytes, "the cap on bodies holds");
    const http::ServerRequest request = http::to_request(message, "peer");
    require(request.path.find('?') == std::string::npos, "a path is without its query");
    for (const auto& [name, value] : request.headers) {
        require(!name.empty() && name.find_first_of(" :\r\n") == std::string::npos, "a header has a name");
        require(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos,
                "a header's value is one line");
    }
    static_cast<void>(edge.ask(request));
}

}  // namespace signalbox::fuzz
