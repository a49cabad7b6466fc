// SPDX-License-Identifier: Apache-2.0
// The controller as the commands see it: one unary call at a time.
#pragma once

#include <google/protobuf/message_lite.h>

#include <chrono>
#include <string_view>
#include <utility>

#include "common/base/result.hpp"
#include "common/base/time.hpp"

namespace signalbox::cli {

inline constexpr Duration kCallTimeout = std::chrono::seconds(30);

class ApiPort {
  public:
    virtual ~ApiPort() = default;
    // `method` is "ReleaseService/Get". Errors: whatever the controller answers; unavailable when it cannot
    // be reached; deadline_exceeded.
    virtual Status call(std::string_view method, const google::protobuf::MessageLite& request,
                        google::protobuf::MessageLite& response, Duration timeout) = 0;
};

template <class Response, class Request>
[[nodiscard]] Result<Response> ask(ApiPort& api, std::string_view method, const Request& request,
                                   Duration timeout = kCallTimeout) {
    Response response;
    SB_CHECK(api.call(method, request, response, timeout));
    return response;
}

}  // namespace signalbox::cli
