// SPDX-License-Identifier: Apache-2.0
// The record chain and its outbox: a row leaves only when the ledger is proven to hold it.
#include <fmt/format.h>

#include "agent/executor/journal/journal.hpp"
#include "common/os/failpoint.hpp"

namespace signalbox::journal {
namespace {

Error not_proven(std::string what) {
    return Error(
        Code::refused, std::move(what),
        "Keep the controller's ledger for the investigation; the records stay here until it proves them.");
}

Error forked(std::string what) {
    return Error(
        Code::conflict, std::move(what),
        "The ledger was forked, cut or set back: compare with the checkpoints that other hosts have seen.");
}

Error full_error(std::int64_t waiting) {
    return Error(Code::resource_exhausted, fmt::format("{} records wait for their receipts", waiting),
                 "Bring the controller back, so that it takes the records.");
}

Status check_extends(const std::optional<merkle::Checkpoint>& pinned, const merkle::Checkpoint& next,
                     const merkle::Proof& consistency) {
    if (!pinned) return {};
    if (next.size == pinned->size && next.root == pinned->root) return {};
    // With both roots: the record of this, and the checkpoint that another host saw, prove a fork to anybody.
    const std::string roots = fmt::format("shown {}, pinned {}", next.root.hex(), pinned->root.hex());
    if (next.size <= pinned->size) {
        return forked(
            fmt::format("the ledger shows {} entries, but it had {} already (other root or shorter): {}",
                        next.size, pinned->size, roots));
    }
    if (!merkle::verify_consistency(pinned->size, pinned->root, next.size, next.root, consistency)) {
        return forked(fmt::format("the ledger of {} entries does not extend the pinned one of {}: {}",
                                  next.size, pinned->size, roots));
    }
    return {};
}

}  // namespace

Status Journal::append(record::ActionRecord record, const crypto::SigningKey& key) {
    const std::lock_guard lock(mutex_);
    SB_TRY(const std::int64_t waiting, outbox_size());
    SB_TRY(auto transaction, database_.begin());
    if (waiting < kMaxOutboxHard) {
        said_full_ = false;
        SB_CHECK(append_locked(std::move(record), {}, key));
        return transaction.commit();
    }
    if (!said_full_) {
        record::ActionRecord full;
        full.cluster_id = record.cluster_id;
        full.agent_id = record.agent_id;
        full.boot_id = record.boot_id;
        full.time_wall = record.time_wall;
        full.time_boot_ns = record.time_boot_ns;
        full.kind = record::Kind::spool_full;
        SB_CHECK(append_locked(std::move(full), {}, key, Room::reserved));
        SB_CHECK(transaction.commit());
        said_full_ = true;
    }
    return full_error(waiting);
}

Result<std::int64_t> Journal::outbox_size() {
    // Each end of the key is looked up by itself: asked for together, SQLite would read the whole table.
    SB_TRY(auto query, database_.prepare("SELECT coalesce((SELECT max(seq) FROM outbox) - "
                                         "(SELECT min(seq) FROM outbox) + 1, 0)"));
    SB_TRY(const auto size, query.first([](const sqlite::Row& r) { return r.integer(0); }));
    return size.value_or(0);
}

Status Journal::append_locked(record::ActionRecord record, const Output& output,
                              const crypto::SigningKey& key, Room room) {
    SB_TRY(const std::int64_t waiting, outbox_size());
    if (room == Room::ordinary && waiting >= kMaxOutboxHard) return full_error(waiting);
    SB_TRY(auto chain, database_.prepare("SELECT next_seq, prev, pin_size, pin_root FROM progress"));
    Bytes prev, root;
    SB_TRY(const auto pin_size, chain.first([&](const sqlite::Row& r) {
        record.seq = r.integer(0);
        prev = r.blob(1);
        root = r.blob(3);
        return r.optional_integer(2);
    }));
    SB_TRY(record.prev, crypto::digest_from_bytes(prev));
    if (pin_size && *pin_size) {
        SB_TRY(const crypto::Digest seen, crypto::digest_from_bytes(root));
        record.seen_checkpoint =
            record::SeenCheckpoint{merkle::origin_of(record.cluster_id.str()), **pin_size, seen};
    }
    const crypto::Digest digest = crypto::sha256(record::serialize(record));
    std::optional<Bytes> out, err;
    if (output.out) out = to_bytes(*output.out);
    if (output.err) err = to_bytes(*output.err);
    SB_CHECK(database_.run("INSERT INTO outbox(seq, envelope, out, err) VALUES(?,?,?,?)", record.seq,
                           record::seal(record, key), out, err));
    SB_CHECK(database_.run("UPDATE progress SET next_seq = ?, prev = ?", record.seq + 1, digest.view()));
    return {};
}

Result<std::vector<OutboxRow>> Journal::outbox(std::int64_t after_seq, std::int64_t max,
                                               std::size_t max_bytes) {
    const std::lock_guard lock(mutex_);
    SB_TRY(auto query,
           database_.query("SELECT seq, envelope, out, err FROM outbox WHERE seq > ? ORDER BY seq LIMIT ?",
                           after_seq, max));
    std::vector<OutboxRow> rows;
    std::size_t bytes = 0;
    SB_CHECK(query.each([&](const sqlite::Row& r) -> Status {
        if (bytes > max_bytes) return {};
        OutboxRow row{r.integer(0), r.text(1), {}, {}};
        if (!r.is_null(2)) row.out = to_text(r.blob(2));
        if (!r.is_null(3)) row.err = to_text(r.blob(3));
        bytes += row.envelope.size() + (row.out ? row.out->size() : 0) + (row.err ? row.err->size() : 0);
        rows.push_back(std::move(row));
        return {};
    }));
    return rows;
}

Result<std::int64_t> Journal::accept_receipts(const merkle::Checkpoint& checkpoint,
                                              const merkle::Proof& consistency,
                                              const std::vector<Receipt>& receipts,
                                              const crypto::PublicKey& record_key) {
    const std::lock_guard lock(mutex_);
    SB_TRY(auto transaction, database_.begin());
    SB_TRY(const Progress before, read_progress());
    SB_CHECK(check_extends(before.pinned, checkpoint, consistency));
    for (const Receipt& receipt : receipts) {
        SB_TRY(auto query, database_.query("SELECT envelope FROM outbox WHERE seq = ?", receipt.seq));
        SB_TRY(const auto envelope, query.first([](const sqlite::Row& r) { return r.text(0); }));
        // Receipted before: the receipt was lost on its way and came again.
        if (!envelope) continue;
        SB_TRY(const crypto::PublicKey key, key_of(receipt.seq, record_key));
        const merkle::Hash leaf = merkle::leaf_hash(record::ledger_leaf(*envelope, key));
        if (!merkle::verify_inclusion(leaf, receipt.index, checkpoint.size, receipt.proof, checkpoint.root))
            return not_proven(fmt::format("record {} is not proven to be entry {} of the ledger of {}",
                                          receipt.seq, receipt.index, checkpoint.size));
        SB_CHECK(database_.run("DELETE FROM outbox WHERE seq = ?", receipt.seq));
    }
    SB_CHECK(database_.run("UPDATE progress SET pin_size = ?, pin_root = ?", checkpoint.size,
                           checkpoint.root.view()));
    SB_TRY(const Progress after, read_progress());
    os::failpoint("executor.receipts_uncommitted");
    SB_CHECK(transaction.commit());
    return after.oldest_seq - 1;
}

}  // namespace signalbox::journal
