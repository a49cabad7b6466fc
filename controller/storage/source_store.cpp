// SPDX-License-Identifier: Apache-2.0
#include "controller/storage/source_store.hpp"

#include "common/json/json.hpp"
#include "controller/storage/columns.hpp"

namespace signalbox::storage {
namespace {

constexpr std::string_view kSetting = "estate.source";

Result<estate::Source> parse(const std::string& text) {
    SB_TRY(const auto value, json::parse(text));
    SB_TRY(auto reader, json::ObjectReader::open(value));
    estate::Source source;
    SB_TRY(source.url, reader.string("url"));
    SB_TRY(source.ref, reader.string("ref"));
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
        const std::string value = json::canonical({{"url", source.url}, {"ref", source.ref}});
        SB_CHECK(
            session_.database().run("INSERT INTO settings(name, value) VALUES (?, ?) ON CONFLICT(name) DO "
                                    "UPDATE SET value = excluded.value",
                                    kSetting, value));
        return {};
    });
}

}  // namespace signalbox::storage
