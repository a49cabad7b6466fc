// SPDX-License-Identifier: Apache-2.0
#include "controller/storage/artifact_index.hpp"

#include <algorithm>

#include "controller/storage/columns.hpp"

namespace signalbox::storage {
namespace {

constexpr std::string_view kSelect = "SELECT sha256, size, format, added, source FROM artifacts ";

Result<std::vector<artifact::ArtifactRecord>> read(sqlite::Statement statement) {
    std::vector<artifact::ArtifactRecord> records;
    SB_CHECK(statement.each([&](const sqlite::Row& row) -> Status {
        artifact::ArtifactRecord record;
        SB_TRY(record.sha256, digest_at(row, 0, "artifact list"));
        record.size = static_cast<std::uint64_t>(row.integer(1));
        record.format = row.text(2);
        record.added = instant_at(row, 3);
        record.source = row.text(4);
        records.push_back(std::move(record));
        return {};
    }));
    return records;
}

Result<std::optional<artifact::ArtifactRecord>> first(sqlite::Statement statement) {
    SB_TRY(auto records, read(std::move(statement)));
    if (records.empty()) return std::optional<artifact::ArtifactRecord>{};
    return std::optional(std::move(records.front()));
}

}  // namespace

Status ArtifactIndex::add(const artifact::ArtifactRecord& record) {
    return session_.commit([&]() -> Status {
        SB_CHECK(session_.database().run(
            "INSERT INTO artifacts(sha256, size, format, added, source) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT(sha256) DO NOTHING",
            record.sha256.view(), record.size, record.format, to_column(record.added), record.source));
        return {};
    });
}

Result<std::optional<artifact::ArtifactRecord>> ArtifactIndex::find(const crypto::Digest& sha256) const {
    SB_TRY(auto statement,
           session_.database().query(std::string(kSelect) + "WHERE sha256 = ?", sha256.view()));
    return first(std::move(statement));
}

Result<std::optional<artifact::ArtifactRecord>> ArtifactIndex::find_source(std::string_view source) const {
    SB_TRY(auto statement,
           session_.database().query(
               std::string(kSelect) + "WHERE source = ? ORDER BY added DESC, sha256 LIMIT 1", source));
    return first(std::move(statement));
}

Result<std::vector<artifact::ArtifactRecord>> ArtifactIndex::list(std::size_t limit) const {
    SB_TRY(auto statement,
           session_.database().query(std::string(kSelect) + "ORDER BY added DESC, sha256 LIMIT ?",
                                     static_cast<std::int64_t>(std::min<std::size_t>(limit, 1U << 30))));
    return read(std::move(statement));
}

}  // namespace signalbox::storage
