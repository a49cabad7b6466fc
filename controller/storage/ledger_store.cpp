// SPDX-License-Identifier: Apache-2.0
#include "controller/storage/ledger_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "controller/storage/columns.hpp"

namespace signalbox::storage {
namespace {

constexpr std::uint64_t kLargest = std::numeric_limits<std::int64_t>::max();

std::int64_t bounded(std::uint64_t value) {
    return static_cast<std::int64_t>(std::min(value, kLargest));
}

std::string sql_of(const ledger::EntryQuery& query) {
    std::string sql =
        "SELECT e.idx, e.kind, e.leaf, e.envelope, e.payload_sha256, e.agent, e.seq, o.content, r.content"
        " FROM entries e LEFT JOIN outputs o ON ?1 AND o.sha256 = e.out_sha256"
        " LEFT JOIN outputs r ON ?1 AND r.sha256 = e.err_sha256"
        " WHERE e.idx >= ?2 AND e.idx < ?3";
    if (query.agent) sql += " AND e.agent = ?4 AND e.seq > ?5";
    if (!query.kind.empty()) sql += " AND e.kind = ?6";
    sql += query.newest_first ? " ORDER BY e.idx DESC LIMIT ?7" : " ORDER BY e.idx LIMIT ?7";
    return sql;
}

Result<ledger::StoredEntry> entry_at(const sqlite::Row& row) {
    ledger::StoredEntry stored;
    stored.index = static_cast<std::uint64_t>(row.integer(0));
    ledger::PendingEntry& entry = stored.entry;
    entry.kind = row.text(1);
    entry.leaf = row.text(2);
    entry.envelope = row.text(3);
    entry.leaf_hash = merkle::leaf_hash(entry.leaf);
    SB_TRY(entry.payload_sha256, digest_at(row, 4, "ledger entry"));
    if (const auto agent = row.optional_text(5)) entry.agent = AgentId(*agent);
    entry.seq = row.optional_integer(6);
    if (!row.is_null(7)) entry.out = to_text(row.blob(7));
    if (!row.is_null(8)) entry.err = to_text(row.blob(8));
    return stored;
}

}  // namespace

Result<std::uint64_t> LedgerStore::append(const std::vector<ledger::PendingEntry>& entries) {
    return session_.append(entries);
}

Result<std::uint64_t> LedgerStore::size() {
    return session_.ledger_size();
}

Result<merkle::Hash> LedgerStore::node(unsigned level, std::uint64_t index) {
    return session_.ledger_node(level, index);
}

Result<std::vector<ledger::StoredEntry>> LedgerStore::entries(const ledger::EntryQuery& query) {
    SB_TRY(auto statement, session_.database().prepare(sql_of(query)));
    statement.bind(0, query.with_output);
    statement.bind(1, bounded(query.from));
    statement.bind(2, bounded(query.before.value_or(kLargest)));
    if (query.agent) {
        statement.bind(3, query.agent->str());
        statement.bind(4, query.after_seq);
    }
    if (!query.kind.empty()) statement.bind(5, query.kind);
    statement.bind(6, bounded(query.limit));
    std::vector<ledger::StoredEntry> found;
    SB_CHECK(statement.each([&](const sqlite::Row& row) -> Status {
        SB_TRY(auto entry, entry_at(row));
        found.push_back(std::move(entry));
        return {};
    }));
    return found;
}

Result<std::optional<ledger::AgentTail>> LedgerStore::agent_tail(const AgentId& agent) {
    SB_TRY(auto statement,
           session_.database().query(
               "SELECT seq, idx, payload_sha256 FROM entries WHERE agent = ? ORDER BY seq DESC LIMIT 1",
               agent.str()));
    std::optional<ledger::AgentTail> tail;
    SB_CHECK(statement.each([&](const sqlite::Row& row) -> Status {
        tail.emplace();
        tail->seq = row.integer(0);
        tail->index = static_cast<std::uint64_t>(row.integer(1));
        SB_TRY(tail->payload_sha256, digest_at(row, 2, "ledger entry"));
        return {};
    }));
    return tail;
}

Status LedgerStore::save_checkpoint(const ledger::SignedCheckpoint& checkpoint) {
    const std::uint64_t size = checkpoint.checkpoint.size;
    SB_TRY(auto statement, session_.database().query("SELECT root FROM checkpoints WHERE size = ?", size));
    SB_TRY(const auto kept,
           statement.first([](const sqlite::Row& row) { return digest_at(row, 0, "checkpoint"); }));
    if (kept) {
        if (!kept->ok()) return kept->error();
        if (kept->value() == checkpoint.checkpoint.root) return {};
        return Error(Code::conflict,
                     fmt::format("a checkpoint of {} entries is kept with another root", size),
                     "The ledger was changed: stop, and keep the store for analysis.");
    }
    SB_CHECK(session_.database().run("INSERT INTO checkpoints(size, root, note) VALUES (?, ?, ?)", size,
                                     checkpoint.checkpoint.root.view(), checkpoint.note));
    return {};
}

Result<std::optional<ledger::SignedCheckpoint>> LedgerStore::latest_checkpoint() {
    SB_TRY(auto statement, session_.database().prepare(
                               "SELECT size, root, note FROM checkpoints ORDER BY size DESC LIMIT 1"));
    std::optional<ledger::SignedCheckpoint> latest;
    SB_CHECK(statement.each([&](const sqlite::Row& row) -> Status {
        latest.emplace();
        latest->checkpoint.size = static_cast<std::uint64_t>(row.integer(0));
        SB_TRY(latest->checkpoint.root, digest_at(row, 1, "checkpoint"));
        latest->note = row.text(2);
        // The origin is the note's first line.
        latest->checkpoint.origin = latest->note.substr(0, latest->note.find('\n'));
        return {};
    }));
    return latest;
}

Result<std::optional<std::string>> LedgerStore::output(const crypto::Digest& sha256) {
    SB_TRY(auto statement,
           session_.database().query("SELECT content FROM outputs WHERE sha256 = ?", sha256.view()));
    return statement.first([](const sqlite::Row& row) { return to_text(row.blob(0)); });
}

}  // namespace signalbox::storage
