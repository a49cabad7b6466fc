// SPDX-License-Identifier: Apache-2.0
// An API message as JSON for scripts: the same names as in operator.proto (snake_case), every member present,
// 64-bit numbers as texts and bytes as base64 (protobuf's JSON mapping). Bytes that are JSON themselves (a
// plan) are the command's business.
#pragma once

#include <google/protobuf/message.h>

#include <string>

#include "common/base/result.hpp"
#include "common/json/json.hpp"

namespace signalbox::cli {

// Errors: internal (bytes in a string member that are not UTF-8).
[[nodiscard]] Result<json::Json> to_json(const google::protobuf::Message& message);
// Indented, with a line feed.
[[nodiscard]] std::string json_text(const json::Json& value);

}  // namespace signalbox::cli
