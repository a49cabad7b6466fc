// SPDX-License-Identifier: Apache-2.0
// Runs one typed suite over two implementations of a port. A backend makes the store, and `reopen` gives it
// back as it is after a restart (for a fake: the same).
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "common/os/temp_directory.hpp"
#include "controller/ledger/sealer.hpp"
#include "controller/storage/storage.hpp"

namespace signalbox::contract {

// A fake that lives through a restart.
template <class Fake>
class FakeBackend {
  public:
    Fake& store() { return fake_; }
    void reopen() {}

  private:
    Fake fake_;
};

class SqliteStorage {
  public:
    SqliteStorage() { open(); }
    storage::Storage& storage() { return *storage_; }
    void reopen() {
        storage_.reset();
        open();
    }

  private:
    void open() {
        auto opened = storage::Storage::open(directory_.file("store.sqlite3"));
        if (!opened) ADD_FAILURE() << opened.error().to_string();
        storage_ = std::move(opened).value();
    }
    os::TempDirectory directory_ = os::TempDirectory::make().value();
    std::unique_ptr<storage::Storage> storage_;
};

// Entries as the controller makes them.
inline ledger::PendingEntry decision(std::string_view kind, int number = 0) {
    static const crypto::SigningKey key = crypto::SigningKey::generate();
    static const ledger::Sealer sealer(ClusterId("demo"), key);
    return sealer.decision(kind, {{"n", number}}, from_unix_seconds(1'800'000'000));
}
inline ledger::PendingEntry heartbeat(const std::string& agent, std::int64_t seq) {
    static const crypto::SigningKey key = crypto::SigningKey::generate();
    record::ActionRecord action;
    action.cluster_id = ClusterId("demo");
    action.agent_id = AgentId(agent);
    action.boot_id = "boot";
    action.seq = seq;
    action.kind = record::Kind::heartbeat;
    action.time_wall = from_unix_seconds(1'800'000'000 + seq);
    return ledger::Sealer::record(record::seal(action, key), action, key.public_key()).value();
}

}  // namespace signalbox::contract
