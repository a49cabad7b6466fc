// SPDX-License-Identifier: Apache-2.0
// What the adapters share: the database, and the one way to change it, which commits a change together with
// its ledger entries or not at all. On the domain strand.
#pragma once

#include <functional>
#include <vector>

#include "common/sqlite/database.hpp"
#include "controller/ledger/entry.hpp"

namespace signalbox::storage {

class Session {
  public:
    explicit Session(sqlite::Database database) : database_(std::move(database)) {}
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    [[nodiscard]] sqlite::Database& database() { return database_; }

    using Change = std::function<Status()>;

    // One transaction: `change`, then the entries in their order. Errors: the change's; conflict (an agent's
    // record that is there already); internal (an entry whose hash is not its leaf's); SQLite's, a full disk
    // being unavailable. After an error nothing changed.
    [[nodiscard]] Status commit(const std::vector<ledger::PendingEntry>& entries, const Change& change);
    [[nodiscard]] Status commit(const ledger::PendingEntry& entry, const Change& change);
    [[nodiscard]] Status commit(const Change& change);
    // Entries that tell of no change here. Returns the index of the first.
    [[nodiscard]] Result<std::uint64_t> append(const std::vector<ledger::PendingEntry>& entries);

    // Called after each commit that appended entries.
    void on_append(std::function<void()> callback) { appended_ = std::move(callback); }

    [[nodiscard]] Result<std::uint64_t> ledger_size();
    [[nodiscard]] Result<merkle::Hash> ledger_node(unsigned level, std::uint64_t index);

  private:
    [[nodiscard]] Result<std::uint64_t> transact(const std::vector<ledger::PendingEntry>& entries,
                                                 const Change& change);
    [[nodiscard]] Result<std::uint64_t> try_transact(const std::vector<ledger::PendingEntry>& entries,
                                                     const Change& change);
    [[nodiscard]] Status append_one(std::uint64_t index, const ledger::PendingEntry& entry);
    [[nodiscard]] Status change_key(const ledger::PendingEntry& entry);
    [[nodiscard]] Result<std::optional<crypto::Digest>> keep_output(const std::optional<std::string>& text);

    sqlite::Database database_;
    std::function<void()> appended_;
};

}  // namespace signalbox::storage
