// SPDX-License-Identifier: Apache-2.0
#include "common/trust/parts_json.hpp"

#include <fmt/format.h>

#include <utility>

namespace signalbox::trust::parts {
namespace {

using json::Json;
using json::ObjectReader;

constexpr std::size_t kMaxClosedTimes = 1000;
constexpr std::size_t kMaxClosedName = 200;

Result<ClosedTime> parse_closed_time(const Json& value, std::string path) {
    SB_TRY(auto reader, ObjectReader::open(value, std::move(path)));
    ClosedTime closed;
    SB_TRY(closed.from, instant(reader, "from"));
    SB_TRY(closed.to, instant(reader, "to"));
    SB_TRY(closed.name, filled(reader, "name"));
    if (closed.name.size() > kMaxClosedName) {
        return wrong(fmt::format("{} is over {} bytes", reader.path_of("name"), kMaxClosedName));
    }
    SB_CHECK(reader.finish());
    return closed;
}

}  // namespace

Error wrong(std::string what) {
    return {Code::invalid_argument, std::move(what)};
}

Result<std::string> filled(json::ObjectReader& reader, std::string_view key) {
    SB_TRY(std::string text, reader.string(key));
    if (text.empty()) return wrong(reader.path_of(key) + " is empty");
    return text;
}

Result<crypto::Digest> digest(json::ObjectReader& reader, std::string_view key) {
    SB_TRY(const std::string hex, reader.string(key));
    return crypto::parse_digest(hex).with_context(reader.path_of(key));
}

Result<Instant> instant(json::ObjectReader& reader, std::string_view key) {
    SB_TRY(const std::string text, reader.string(key));
    return parse_rfc3339(text).with_context(reader.path_of(key));
}

Result<crypto::KeyId> optional_key_id(ObjectReader& reader, std::string_view key) {
    SB_TRY(const std::string text, reader.string(key));
    if (text.empty()) return crypto::KeyId();
    return crypto::parse_key_id(text).with_context(reader.path_of(key));
}

Result<std::int64_t> in_range(ObjectReader& reader, std::string_view key, std::int64_t least,
                              std::int64_t most) {
    SB_TRY(const std::int64_t value, reader.integer(key));
    if (value < least || value > most)
        return wrong(fmt::format("{} must be from {} to {}", reader.path_of(key), least, most));
    return value;
}

Result<std::string> overrun(ObjectReader& reader, std::string_view key) {
    SB_TRY(std::string text, reader.string(key));
    if (text != "finish" && text != "stop" && text != "undo")
        return wrong(reader.path_of(key) + " must be finish, stop or undo");
    return text;
}

Result<std::vector<ClosedTime>> closed(ObjectReader& reader, std::string_view key, Instant not_before,
                                       Instant not_after) {
    SB_TRY(const Json::array_t* times, reader.array(key));
    if (times->size() > kMaxClosedTimes) {
        return wrong(fmt::format("{} has over {} elements", reader.path_of(key), kMaxClosedTimes));
    }
    std::vector<ClosedTime> out;
    Instant open_from = not_before;
    for (std::size_t i = 0; i < times->size(); ++i) {
        const std::string path = reader.path_of(key, i);
        SB_TRY(ClosedTime each, parse_closed_time((*times)[i], path));
        if (each.to <= each.from) return wrong(path + " ends before it begins");
        if (each.from < not_before || each.to > not_after) return wrong(path + " is not inside the window");
        if (each.from < open_from) return wrong(path + " begins before the one before it ended");
        open_from = each.to;
        out.push_back(std::move(each));
    }
    return out;
}

Json to_json(const std::vector<ClosedTime>& closed) {
    Json out = Json::array();
    for (const ClosedTime& each : closed)
        out.push_back({{"from", to_rfc3339(each.from)}, {"to", to_rfc3339(each.to)}, {"name", each.name}});
    return out;
}

}  // namespace signalbox::trust::parts
