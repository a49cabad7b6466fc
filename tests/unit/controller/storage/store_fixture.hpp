// SPDX-License-Identifier: Apache-2.0
// One commit that touches every part of the store, and the check that what is there is a whole number of
// them.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "common/merkle/tree.hpp"
#include "common/os/temp_directory.hpp"
#include "controller/ledger/sealer.hpp"
#include "controller/storage/storage.hpp"

namespace signalbox::storage {

// Commit number n (from 1) creates release n, queues one effect, places it, and appends two entries.
inline dispatch::Commit commit_number(std::int64_t n, std::size_t padding = 0) {
    static const crypto::SigningKey key = crypto::SigningKey::generate();
    static const ledger::Sealer sealer(ClusterId("demo"), key);
    const std::string number = std::to_string(n);
    dispatch::Commit commit;
    dispatch::NewRelease release;
    release.id = ReleaseId("web-1.0.0-" + number);
    release.counter = n;
    release.name = "web";
    release.version = "1.0.0";
    release.services = {"web"};
    release.plan = std::string(padding, 'p');
    release.spec = "{}";
    commit.created = {release};
    commit.outbox_add = {{"effect-" + number, "body"}};
    commit.host_placements = {{AgentId("agent"), "web", number, "aa", release.id}};
    for (const char* kind : {"release_created", "release_event"})
        commit.entries.push_back(sealer.decision(kind, {{"n", n}}, from_unix_seconds(1'800'000'000 + n)));
    return commit;
}

// How many whole commits the store holds; fails the test when any part of one is missing or left over, or the
// tree is not that of its entries.
inline std::int64_t whole_commits(Storage& storage) {
    const auto releases = storage.releases().list(1'000'000).value();
    const auto count = static_cast<std::int64_t>(releases.size());
    EXPECT_EQ(storage.releases().next_counter().value(), count + 1);
    // Not through open(), which would take the lease away from whoever commits.
    auto queued = storage.database().prepare("SELECT count(*) FROM outbox").value();
    EXPECT_EQ(queued.first([](const sqlite::Row& row) { return row.integer(0); }).value(), releases.size());
    EXPECT_EQ(storage.ledger().size().value(), releases.size() * 2);
    const auto placements = storage.releases().placements().value();
    if (count > 0) {
        EXPECT_EQ(placements.hosts.at(0).version, std::to_string(count));
    }
    ledger::EntryQuery everything;
    everything.limit = 1'000'000;
    const auto entries = storage.ledger().entries(everything).value();
    merkle::MemoryTree tree;
    for (const auto& entry : entries) tree.append(entry.entry.leaf_hash);
    const auto read = [&](unsigned level, std::uint64_t index) {
        return storage.ledger().node(level, index);
    };
    const auto root = merkle::root(entries.size(), read);
    EXPECT_TRUE(root.ok() && *root == tree.root());
    return count;
}

}  // namespace signalbox::storage
