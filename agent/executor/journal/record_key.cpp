// SPDX-License-Identifier: Apache-2.0
// Which record key signs, and which signed before it.
#include "agent/executor/journal/journal.hpp"

namespace signalbox::journal {

Result<std::optional<crypto::PublicKey>> Journal::record_key() {
    const std::lock_guard lock(mutex_);
    SB_TRY(auto query, database_.prepare("SELECT record_key FROM identity"));
    SB_TRY(const auto text, query.first([](const sqlite::Row& r) { return r.optional_text(0); }));
    if (!text || !*text) return std::optional<crypto::PublicKey>{};
    SB_TRY(const crypto::PublicKey key, crypto::PublicKey::from_paserk(**text));
    return std::optional(key);
}

Status Journal::rotate_key(const crypto::PublicKey& next, record::ActionRecord rotated,
                           const crypto::SigningKey& key) {
    const std::lock_guard lock(mutex_);
    SB_TRY(auto transaction, database_.begin());
    SB_CHECK(append_locked(std::move(rotated), {}, key, Room::reserved));
    // As it was sealed: with its number in the chain.
    SB_CHECK(
        database_.run("INSERT INTO former_key(seq, public, envelope) "
                      "SELECT seq, ?, envelope FROM outbox ORDER BY seq DESC LIMIT 1",
                      key.public_key().paserk()));
    SB_CHECK(database_.run("UPDATE identity SET record_key = ?", next.paserk()));
    return transaction.commit();
}

Result<std::vector<std::string>> Journal::unproven_key_changes() {
    const std::lock_guard lock(mutex_);
    SB_TRY(auto query, database_.prepare("SELECT former_key.envelope FROM former_key "
                                         "JOIN outbox USING (seq) ORDER BY former_key.seq"));
    std::vector<std::string> out;
    SB_CHECK(query.each([&](const sqlite::Row& r) -> Status {
        out.push_back(r.text(0));
        return {};
    }));
    return out;
}

Result<crypto::PublicKey> Journal::key_of(std::int64_t seq, const crypto::PublicKey& now) {
    SB_TRY(auto query,
           database_.query("SELECT public FROM former_key WHERE seq >= ? ORDER BY seq LIMIT 1", seq));
    SB_TRY(const auto former, query.first([](const sqlite::Row& r) { return r.text(0); }));
    if (!former) return now;
    return crypto::PublicKey::from_paserk(*former);
}

}  // namespace signalbox::journal
