// SPDX-License-Identifier: Apache-2.0
#include "controller/api/codec.hpp"

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>

#include "common/json/json.hpp"

namespace signalbox::api {
namespace {

constexpr std::size_t kMaxMessageBytes = 4U << 20;

Error malformed(const google::protobuf::Message& message, std::string_view why) {
    return {Code::invalid_argument, fmt::format("the request is not a {}: {}", message.GetTypeName(), why),
            "Compare it with proto/signalbox/v1/operator.proto."};
}

}  // namespace

Status decode(std::string_view bytes, Encoding encoding, google::protobuf::Message& into) {
    if (bytes.size() > kMaxMessageBytes) {
        return Error(Code::resource_exhausted, "the request is larger than 4 MiB");
    }
    if (encoding == Encoding::protobuf) {
        if (!into.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
            return malformed(into, "its bytes do not parse");
        }
        return {};
    }
    if (bytes.empty()) return malformed(into, "it is empty; send {} when there is nothing to say");
    // Our own strict parser first: protobuf's takes duplicate members and deep nesting.
    if (auto strict =
            json::parse(bytes, {.max_bytes = kMaxMessageBytes, .max_depth = 32, .allow_floats = false});
        !strict) {
        return malformed(into, strict.error().message());
    }
    google::protobuf::util::JsonParseOptions options;
    options.ignore_unknown_fields = false;
    const auto parsed = google::protobuf::util::JsonStringToMessage(
        google::protobuf::StringPiece(bytes.data(), static_cast<std::ptrdiff_t>(bytes.size())), &into,
        options);
    if (!parsed.ok()) return malformed(into, parsed.ToString());
    return {};
}

Result<std::string> encode(const google::protobuf::Message& message, Encoding encoding) {
    std::string out;
    if (encoding == Encoding::protobuf) {
        if (message.SerializeToString(&out)) return out;
        return Error(Code::internal, "an answer does not serialise: a text in it is not UTF-8");
    }
    google::protobuf::util::JsonPrintOptions options;
    options.always_print_primitive_fields = true;
    const auto printed = google::protobuf::util::MessageToJsonString(message, &out, options);
    if (!printed.ok()) {
        return Error(Code::internal, "an answer does not serialise: " + printed.ToString());
    }
    return out;
}

}  // namespace signalbox::api
