// SPDX-License-Identifier: Apache-2.0
// A request as Beast parses it, and as the server hands it on. Private to common/http. Pure.
#pragma once

#include <utility>  // before Asio: Boost 1.74 forgets it

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <string>

#include "common/http/server.hpp"

namespace signalbox::http {

using RequestParser = boost::beast::http::request_parser<boost::beast::http::string_body>;
using RequestMessage = boost::beast::http::request<boost::beast::http::string_body>;

// The caps on header and body.
void set_limits(RequestParser& parser, const ServerLimits& limits);

[[nodiscard]] ServerRequest to_request(const RequestMessage& message, std::string peer);

}  // namespace signalbox::http
