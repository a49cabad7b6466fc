// SPDX-License-Identifier: Apache-2.0
#include "controller/storage/source_store.hpp"

#include <fmt/format.h>

#include <utility>

#include "common/json/json.hpp"
#include "controller/storage/columns.hpp"

namespace signalbox::storage {
namespace {

constexpr std::string_view kSetting = "estate.source";

Result<estate::Source> parse(const std::string& stored) {
    SB_TRY(const auto value, json::parse(stored));
    SB_TRY(auto reader, json::ObjectReader::open(value));
    estate::Source source;
    SB_TRY(source.url, reader.string("url"));
    SB_TRY(source.ref, reader.string("ref"));
    for (auto [name, member] :
         {std::pair{"ca_pem", &source.trust.ca_pem}, std::pair{"known_hosts", &source.trust.known_hosts}}) {
        if (const json::Json* text = reader.optional(name)) {
            if (!text->is_string())
                return Error{Code::invalid_argument, fmt::format("'{}' is no text", name), ""};
            *member = text->get<std::string>();
        }
    }
    SB_CHECK(reader.finish());
    return source;
}

}  // namespace

Result<std::optional<estate::Source>> SourceStore::load() const {
    SB_TRY(auto statement, session_.database().query("SELECT value FROM settings WHERE name = ?", kSetting));
    SB_TRY(const auto text, statement.first([](const sqlite::Row& row) { return row.text(0); }));
    if (!text) return std::optional<estate::Source>{};
    auto source = parse(*text);
    if (!source) return damaged("estate source", source.error());
    return std::optional(*std::move(source));
}

Status SourceStore::save(const estate::Source& source, const ledger::PendingEntry& entry) {
    return session_.commit(entry, [&]() -> Status {
        json::Json value{{"url", source.url}, {"ref", source.ref}};
        if (!source.trust.ca_pem.empty()) value["ca_pem"] = source.trust.ca_pem;
        if (!source.trust.known_hosts.empty()) value["known_hosts"] = source.trust.known_hosts;
        SB_CHECK(
            session_.database().run("INSERT INTO settings(name, value) VALUES (?, ?) ON CONFLICT(name) DO "
                                    "UPDATE SET value = excluded.value",
                                    kSetting, json::canonical(value)));
        return {};
    });
}

}  // namespace signalbox::storage
