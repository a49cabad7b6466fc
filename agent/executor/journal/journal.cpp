// SPDX-License-Identifier: Apache-2.0
// Opening, identity and progress. Records: outbox.cpp; steps: steps.cpp.
#include "agent/executor/journal/journal.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "agent/executor/journal/schema.hpp"

namespace signalbox::journal {
namespace {

constexpr std::string_view kDamaged =
    "Keep the state folder for the investigation; re-enrol this host with a new state folder.";

// Opening would make a new one: look before.
bool log_is_gone(const std::string& path) {
    std::error_code missing;
    const auto size = std::filesystem::file_size(path + "-wal", missing);
    return missing || size == 0;
}

}  // namespace

Status Journal::create(const std::string& path, const Identity& pins) {
    if (sqlite::Database::open(path, {.create = false, .busy_timeout = {}, .check = false, .keep_log = true})
            .ok())
        return Error(Code::already_exists, fmt::format("{} exists", path),
                     "This executor is initialised already; use another --state for another identity.");
    SB_TRY(auto database, sqlite::Database::open(path));
    SB_CHECK(sqlite::migrate(database, journal_schema()));
    SB_TRY(auto transaction, database.begin());
    SB_CHECK(database.run(
        "INSERT INTO identity(one, cluster_id, environment, host, trust_sha256) VALUES(1,?,?,?,?)",
        pins.cluster_id.str(), pins.environment, pins.host, pins.trust_sha256.hex()));
    SB_CHECK(database.run("INSERT INTO progress(one, prev) VALUES(1, ?)", Bytes(32, 0)));
    SB_CHECK(transaction.commit());
    return database.checkpoint();
}

Result<std::unique_ptr<Journal>> Journal::open(const std::string& path) {
    const bool gone = log_is_gone(path);
    auto database = sqlite::Database::open(
        path, {.create = false, .busy_timeout = std::chrono::seconds(5), .check = true, .keep_log = true});
    if (!database) {
        const bool damaged = database.error().code() == Code::data_loss;
        auto error = std::move(database).error().with_context("opening the journal");
        return damaged ? std::move(error).with_remedy(std::string(kDamaged)) : std::move(error);
    }
    SB_CHECK(sqlite::migrate(*database, journal_schema()));
    std::unique_ptr<Journal> journal(new Journal(*std::move(database)));
    // Both single rows must be there: a file without them is not a journal that we wrote.
    SB_CHECK(journal->identity());
    SB_CHECK(journal->progress());
    SB_CHECK(journal->begin_use(gone));
    return journal;
}

// A log that was lost takes the last uses of approvals and the last records with it, and SQLite would go on
// without a word. So the file itself says whether a log belongs to it: from here to close().
Status Journal::begin_use(bool log_is_gone) {
    SB_TRY(auto query, database_.prepare("SELECT in_use FROM progress"));
    SB_TRY(const auto in_use, query.first([](const sqlite::Row& r) { return r.integer(0); }));
    if (in_use.value_or(0) == 0) {
        const auto marked = database_.run("UPDATE progress SET in_use = 1");
        // On a full disk nothing will be recorded either, and each request is told so.
        if (!marked && marked.error().code() != Code::resource_exhausted) return marked.error();
    } else if (log_is_gone) {
        return Error(
            Code::data_loss,
            fmt::format("{} was not closed in order and its {}-wal is gone: what was recorded last is lost",
                        database_.path(), database_.path()),
            std::string(kDamaged));
    }
    return database_.write_back();
}

Result<Identity> Journal::identity() {
    const std::lock_guard lock(mutex_);
    return read_identity();
}

Result<Identity> Journal::read_identity() {
    SB_TRY(auto query,
           database_.prepare(
               "SELECT cluster_id, environment, host, trust_sha256, agent_id, trust FROM identity"));
    std::string trust_sha256;
    SB_TRY(auto row, query.first([&](const sqlite::Row& r) {
        Identity out{ClusterId(r.text(0)), r.text(1), r.text(2), {}, {}, r.optional_text(5)};
        trust_sha256 = r.text(3);
        if (auto id = r.optional_text(4)) out.agent_id = AgentId(*id);
        return out;
    }));
    if (!row)
        return Error(Code::data_loss, fmt::format("{} holds no identity", database_.path()),
                     std::string(kDamaged));
    SB_TRY(row->trust_sha256, crypto::parse_digest(trust_sha256));
    return *std::move(row);
}

Result<Progress> Journal::progress() {
    const std::lock_guard lock(mutex_);
    return read_progress();
}

Result<Progress> Journal::read_progress() {
    SB_TRY(const Identity who, read_identity());
    SB_TRY(auto query, database_.prepare("SELECT time_floor, next_seq, pin_size, pin_root, "
                                         "(SELECT min(seq) FROM outbox) FROM progress"));
    Bytes root;
    SB_TRY(auto row, query.first([&](const sqlite::Row& r) {
        Progress out;
        out.time_floor = Instant{Duration{r.integer(0)}};
        out.next_seq = r.integer(1);
        if (const auto size = r.optional_integer(2)) {
            out.pinned.emplace();
            out.pinned->origin = merkle::origin_of(who.cluster_id.str());
            out.pinned->size = static_cast<std::uint64_t>(*size);
            root = r.blob(3);
        }
        out.oldest_seq = r.optional_integer(4).value_or(out.next_seq);
        return out;
    }));
    if (!row)
        return Error(Code::data_loss, fmt::format("{} holds no progress", database_.path()),
                     std::string(kDamaged));
    if (row->pinned) {
        SB_TRY(row->pinned->root, crypto::digest_from_bytes(root));
    }
    return *std::move(row);
}

Status Journal::install_identity(const AgentId& agent_id, const std::string& trust,
                                 record::ActionRecord record, const crypto::SigningKey& key) {
    const std::lock_guard lock(mutex_);
    SB_TRY(auto transaction, database_.begin());
    SB_TRY(const std::int64_t changed,
           database_.run("UPDATE identity SET agent_id = ?, trust = ? WHERE agent_id IS NULL", agent_id.str(),
                         trust));
    if (changed != 1)
        return Error(Code::failed_precondition, "this executor has an identity already",
                     "Re-enrol with a new state folder.");
    SB_CHECK(append_locked(std::move(record), {}, key));
    return transaction.commit();
}

Status Journal::replace_trust(const std::string& trust, record::ActionRecord record,
                              const crypto::SigningKey& key) {
    const std::lock_guard lock(mutex_);
    SB_TRY(auto transaction, database_.begin());
    SB_CHECK(database_.run("UPDATE identity SET trust = ?", trust));
    SB_CHECK(append_locked(std::move(record), {}, key, Room::reserved));
    return transaction.commit();
}

Status Journal::try_out() {
    const std::lock_guard lock(mutex_);
    SB_TRY(auto transaction, database_.begin());
    SB_CHECK(database_.run("UPDATE progress SET in_use = 1"));
    return transaction.commit();
}

Status Journal::raise_time_floor(Instant now) {
    const std::lock_guard lock(mutex_);
    SB_CHECK(
        database_.run("UPDATE progress SET time_floor = max(time_floor, ?)", now.time_since_epoch().count()));
    return {};
}

Status Journal::close() {
    const std::lock_guard lock(mutex_);
    SB_CHECK(database_.run("UPDATE progress SET in_use = 0"));
    return database_.checkpoint();
}

}  // namespace signalbox::journal
