// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/message_json.hpp"

#include <google/protobuf/util/json_util.h>

namespace signalbox::cli {

Result<json::Json> to_json(const google::protobuf::Message& message) {
    google::protobuf::util::JsonPrintOptions options;
    options.preserve_proto_field_names = true;
    options.always_print_primitive_fields = true;
    std::string text;
    const auto status = google::protobuf::util::MessageToJsonString(message, &text, options);
    if (!status.ok())
        return Error(Code::internal, "the answer cannot be written as JSON: " + status.ToString());
    return json::parse(text, {.max_bytes = SIZE_MAX, .max_depth = 64, .allow_floats = true});
}

std::string json_text(const json::Json& value) {
    return value.dump(2, ' ', false, json::Json::error_handler_t::replace) + "\n";
}

}  // namespace signalbox::cli
