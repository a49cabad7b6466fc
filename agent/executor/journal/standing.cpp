// SPDX-License-Identifier: Apache-2.0
// What was withdrawn, and how often a standing approval was used.
#include <fmt/format.h>

#include "agent/executor/journal/journal.hpp"

namespace signalbox::journal {

Result<bool> Journal::is_withdrawn(const crypto::Digest& approval) {
    SB_TRY(auto query, database_.query("SELECT 1 FROM withdrawn WHERE approval = ?", approval.hex()));
    SB_TRY(const auto found, query.first([](const sqlite::Row& r) { return r.integer(0); }));
    return found.has_value();
}

Status Journal::recall_standing(const admission::Verified& verified, admission::History& history) {
    if (!verified.standing) return {};
    const crypto::Digest& standing = verified.standing->standing;
    SB_TRY(const bool withdrawn, is_withdrawn(standing));
    history.withdrawn = history.withdrawn || withdrawn;
    SB_TRY(auto query, database_.query("SELECT count(*), coalesce(max(patch), 0), "
                                       "coalesce(sum(approval = ?), 0) FROM standing_use WHERE standing = ?",
                                       verified.claims.apr.hex(), standing.hex()));
    SB_CHECK(query.first([&](const sqlite::Row& r) {
        history.uses = r.integer(0);
        history.highest_patch = r.integer(1);
        history.used_by_this = r.integer(2) > 0;
        return 0;
    }));
    return {};
}

Result<bool> Journal::withdraw(const crypto::Digest& approval, const std::string& envelope,
                               record::ActionRecord withdrawn, const crypto::SigningKey& key) {
    const std::lock_guard lock(mutex_);
    SB_TRY(auto transaction, database_.begin());
    SB_TRY(const bool known, is_withdrawn(approval));
    if (known) return false;
    SB_TRY(auto query, database_.prepare("SELECT count(*) FROM withdrawn"));
    SB_TRY(const auto count, query.first([](const sqlite::Row& r) { return r.integer(0); }));
    if (count.value_or(0) >= kMaxWithdrawn)
        return Error(Code::resource_exhausted,
                     fmt::format("{} withdrawals are remembered already", kMaxWithdrawn),
                     "Replace the approver's key that signed them, then enrol this host again.");
    SB_CHECK(
        database_.run("INSERT INTO withdrawn(approval, envelope) VALUES(?,?)", approval.hex(), envelope));
    SB_CHECK(append_locked(std::move(withdrawn), {}, key, Room::reserved));
    SB_CHECK(transaction.commit());
    return true;
}

}  // namespace signalbox::journal
