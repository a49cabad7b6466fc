// SPDX-License-Identifier: Apache-2.0
#include "controller/storage/session.hpp"

#include <fmt/format.h>

#include "controller/storage/columns.hpp"

namespace signalbox::storage {

Result<std::uint64_t> Session::ledger_size() {
    SB_TRY(auto statement, database_.prepare("SELECT coalesce(max(idx) + 1, 0) FROM entries"));
    SB_TRY(const auto size, statement.first([](const sqlite::Row& row) { return row.integer(0); }));
    return static_cast<std::uint64_t>(size.value_or(0));
}

Result<merkle::Hash> Session::ledger_node(unsigned level, std::uint64_t index) {
    SB_TRY(auto statement,
           database_.query("SELECT hash FROM nodes WHERE level = ? AND idx = ?", std::int64_t{level}, index));
    SB_TRY(const auto found,
           statement.first([](const sqlite::Row& row) { return digest_at(row, 0, "ledger hash"); }));
    if (found) return *found;
    return Error(Code::data_loss,
                 fmt::format("the ledger's hash at level {}, index {} is missing", level, index),
                 "Stop, keep the store for analysis, and restore the last backup.");
}

Result<std::optional<crypto::Digest>> Session::keep_output(const std::optional<std::string>& text) {
    if (!text) return std::optional<crypto::Digest>{};
    const crypto::Digest digest = crypto::sha256(*text);
    SB_CHECK(database_.run("INSERT INTO outputs(sha256, content) VALUES (?, ?) ON CONFLICT DO NOTHING",
                           digest.view(), as_bytes(*text)));
    return std::optional(digest);
}

Status Session::append_one(std::uint64_t index, const ledger::PendingEntry& entry) {
    if (merkle::leaf_hash(entry.leaf) != entry.leaf_hash)
        return Error(Code::internal,
                     fmt::format("a ledger entry ({}) does not have its leaf's hash", entry.kind));
    const auto reader = [this](unsigned level, std::uint64_t at) { return ledger_node(level, at); };
    SB_TRY(const auto nodes, merkle::append(index, entry.leaf_hash, reader));
    for (const merkle::NewNode& node : nodes)
        SB_CHECK(database_.run("INSERT INTO nodes(level, idx, hash) VALUES (?, ?, ?)",
                               std::int64_t{node.level}, node.index, node.hash.view()));
    SB_TRY(const auto out, keep_output(entry.out));
    SB_TRY(const auto err, keep_output(entry.err));
    const auto view = [](const std::optional<crypto::Digest>& digest) {
        return digest ? std::optional(digest->view()) : std::nullopt;
    };
    std::optional<std::string> agent;
    if (entry.agent) agent = entry.agent->str();
    auto added = database_.run(
        "INSERT INTO entries(idx, kind, leaf, envelope, payload_sha256, agent, seq, out_sha256, err_sha256)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        index, entry.kind, entry.leaf, entry.envelope, entry.payload_sha256.view(), agent, entry.seq,
        view(out), view(err));
    if (added) return entry.key_change ? change_key(entry) : Status();
    if (added.error().code() != Code::already_exists) return std::move(added).error();
    return Error(Code::conflict, fmt::format("the ledger already holds record {} of agent {}",
                                             entry.seq.value_or(0), agent.value_or("(none)")));
}

// In the transaction of the record that says so: there is no moment at which one counts without the other.
Status Session::change_key(const ledger::PendingEntry& entry) {
    SB_TRY(const auto changed,
           database_.run("UPDATE agents SET record_key = ?1, record_key_since = ?2, former_keys ="
                         " json_insert(former_keys, '$[#]', json_object('key', record_key, 'last_seq', ?3))"
                         " WHERE id = ?4",
                         entry.key_change->next.paserk(), to_column(entry.key_change->at), *entry.seq,
                         entry.agent->str()));
    if (changed == 1) return {};
    return Error(Code::not_found, "there is no agent " + entry.agent->str());
}

Result<std::uint64_t> Session::transact(const std::vector<ledger::PendingEntry>& entries,
                                        const Change& change) {
    auto done = try_transact(entries, change);
    // Whoever asked for too much is told so elsewhere: here it is the disk that is full.
    if (!done && done.error().code() == Code::resource_exhausted)
        return Error(Code::unavailable, done.error().message(), done.error().remedy());
    return done;
}

Result<std::uint64_t> Session::try_transact(const std::vector<ledger::PendingEntry>& entries,
                                            const Change& change) {
    SB_TRY(auto transaction, database_.begin());
    if (change) SB_CHECK(change());
    SB_TRY(const std::uint64_t first, ledger_size());
    std::uint64_t index = first;
    for (const ledger::PendingEntry& entry : entries) SB_CHECK(append_one(index++, entry));
    SB_CHECK(transaction.commit());
    if (!entries.empty() && appended_) appended_();
    return first;
}

Status Session::commit(const std::vector<ledger::PendingEntry>& entries, const Change& change) {
    SB_CHECK(transact(entries, change));
    return {};
}

Status Session::commit(const ledger::PendingEntry& entry, const Change& change) {
    return commit(std::vector{entry}, change);
}

Status Session::commit(const Change& change) {
    return commit(std::vector<ledger::PendingEntry>{}, change);
}

Result<std::uint64_t> Session::append(const std::vector<ledger::PendingEntry>& entries) {
    return transact(entries, {});
}

}  // namespace signalbox::storage
