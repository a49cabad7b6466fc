// SPDX-License-Identifier: Apache-2.0
#include "controller/storage/columns.hpp"

#include <fmt/format.h>

#include "common/json/json.hpp"

namespace signalbox::storage {

std::int64_t to_column(Instant instant) {
    return instant.time_since_epoch().count();
}

std::optional<std::int64_t> to_column(const std::optional<Instant>& instant) {
    if (!instant) return std::nullopt;
    return to_column(*instant);
}

Instant instant_at(const sqlite::Row& row, int column) {
    return Instant(Duration(row.integer(column)));
}

std::optional<Instant> optional_instant_at(const sqlite::Row& row, int column) {
    if (row.is_null(column)) return std::nullopt;
    return instant_at(row, column);
}

Error damaged(std::string_view what, const Error& why) {
    return {Code::data_loss, fmt::format("the store's {} cannot be read: {}", what, why.message()),
            "Stop, keep the store for analysis, and restore the last backup."};
}

Result<crypto::Digest> digest_at(const sqlite::Row& row, int column, std::string_view what) {
    auto digest = crypto::digest_from_bytes(row.blob(column));
    if (!digest) return damaged(what, digest.error());
    return digest;
}

std::string to_column(const std::map<std::string, std::string>& labels) {
    json::Json object = json::Json::object();
    for (const auto& [name, value] : labels) object[name] = value;
    return json::canonical(object);
}

Result<std::map<std::string, std::string>> labels_at(const sqlite::Row& row, int column) {
    auto parsed = json::parse(row.text(column));
    if (!parsed) return damaged("labels", parsed.error());
    std::map<std::string, std::string> labels;
    for (const auto& [name, value] : parsed->items()) {
        if (!value.is_string()) return damaged("labels", Error(Code::data_loss, "a label is not a text"));
        labels.emplace(name, value.get<std::string>());
    }
    return labels;
}

}  // namespace signalbox::storage
