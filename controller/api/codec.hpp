// SPDX-License-Identifier: Apache-2.0
// Messages to and from bytes: protobuf's binary form, and its JSON form as the Connect protocol uses it.
// Pure.
#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace signalbox::api {

enum class Encoding { protobuf, json };

// JSON members that the message lacks are refused: a misspelt member must not be ignored in silence.
// Errors: invalid_argument, saying where.
[[nodiscard]] Status decode(std::string_view bytes, Encoding encoding, google::protobuf::Message& into);
// JSON has every field, with its proto name in lowerCamelCase, defaults included: scripts need not guess.
[[nodiscard]] Result<std::string> encode(const google::protobuf::Message& message, Encoding encoding);

}  // namespace signalbox::api
