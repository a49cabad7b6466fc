// SPDX-License-Identifier: Apache-2.0
// A controller that is away for a week: what the host says meanwhile waits, all of it, in order.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <filesystem>
#include <random>

#include "agent/executor/journal/journal.hpp"
#include "common/os/temp_directory.hpp"
#include "common/record/record.hpp"
#include "tests/fakes/trust_fixture.hpp"

namespace signalbox::journal {
namespace {

constexpr std::int64_t kRecords = 1'000'000;
constexpr std::int64_t kPage = 2'000;

// Synchronising a disk a million times would measure the disk: memory takes its place where there is one.
os::TempDirectory in_memory() {
    const std::string shared = "/dev/shm";
    return os::TempDirectory::make(std::filesystem::exists(shared) ? shared : "").value();
}

long peak_kib() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

// What arrives at the other end: a ledger that has seen each record once, whatever was sent twice.
class Receiver {
  public:
    explicit Receiver(const crypto::PublicKey& record_key) : record_key_(record_key) {}

    // False when a record is missing before this one, or came again with other bytes.
    bool take(const OutboxRow& row) {
        const auto leaf = merkle::leaf_hash(record::ledger_leaf(row.envelope, record_key_));
        const auto known = static_cast<std::int64_t>(tree_.size());
        if (row.seq <= known)
            return leaf == tree_.reader()(0, static_cast<std::uint64_t>(row.seq - 1)).value();
        if (row.seq != known + 1) return false;
        tree_.append(leaf);
        return true;
    }
    merkle::Checkpoint checkpoint() const {
        merkle::Checkpoint made;
        made.origin = "signalbox.test/demo";
        made.size = tree_.size();
        made.root = tree_.root();
        return made;
    }
    std::vector<Receipt> receipts(const std::vector<OutboxRow>& rows) const {
        std::vector<Receipt> out;
        for (const OutboxRow& row : rows) {
            const auto index = static_cast<std::uint64_t>(row.seq - 1);
            out.push_back(
                {row.seq, index, merkle::inclusion_proof(index, tree_.size(), tree_.reader()).value()});
        }
        return out;
    }
    merkle::Proof since(const std::optional<merkle::Checkpoint>& pinned) const {
        if (!pinned) return {};
        return merkle::consistency_proof(pinned->size, tree_.size(), tree_.reader()).value();
    }
    std::uint64_t size() const { return tree_.size(); }

  private:
    crypto::PublicKey record_key_;
    merkle::MemoryTree tree_;
};

TEST(Spool, attack_34_a_million_records_of_a_week_alone_arrive_once_and_in_order) {
    const os::TempDirectory folder = in_memory();
    const std::string path = folder.file("journal.sqlite3");
    const crypto::SigningKey key = fakes::test_key(20);
    ASSERT_TRUE(
        Journal::create(path, {ClusterId{"demo"}, "production", "web-1", crypto::sha256("t"), {}, {}}).ok());
    auto journal = Journal::open(path).value();
    record::ActionRecord heartbeat;
    heartbeat.cluster_id = ClusterId{"demo"};
    heartbeat.agent_id = AgentId{"6f9c0d0e-6a3c-4f0f-9f2c-0f6a5f1f2a3b"};
    heartbeat.boot_id = "boot";
    heartbeat.kind = record::Kind::heartbeat;
    const long before = peak_kib();
    for (std::int64_t i = 0; i < kRecords; ++i) {
        heartbeat.time_wall = Instant{std::chrono::milliseconds(i * 605)};  // seven days in all
        ASSERT_TRUE(journal->append(heartbeat, key).ok()) << i;
    }
    journal = Journal::open(path).value();  // the host was restarted as well

    // The link is up for some pages, then down: whatever was under way is sent again, its receipts are lost.
    Receiver receiver(key.public_key());
    std::mt19937 link(34);  // NOLINT(cert-msc51-cpp): the same run each time
    std::int64_t sent = 0;
    while (journal->progress().value().oldest_seq <= kRecords) {
        const auto rows = journal->outbox(sent, kPage, 1 << 20).value();
        ASSERT_FALSE(rows.empty());
        const bool cut_on_the_way = link() % 5 == 0;
        const std::size_t arrive = cut_on_the_way ? link() % rows.size() : rows.size();
        for (std::size_t i = 0; i < arrive; ++i) ASSERT_TRUE(receiver.take(rows[i])) << rows[i].seq;
        const bool receipts_lost = cut_on_the_way || link() % 5 == 0;
        if (!receipts_lost) {
            const auto pinned = journal->progress().value().pinned;
            const auto left = journal->accept_receipts(receiver.checkpoint(), receiver.since(pinned),
                                                       receiver.receipts(rows), key.public_key());
            ASSERT_TRUE(left.ok()) << left.error().to_string();
            EXPECT_EQ(*left, rows.back().seq);
        }
        sent = journal->progress().value().oldest_seq - 1;
    }
    EXPECT_EQ(receiver.size(), static_cast<std::uint64_t>(kRecords));
    EXPECT_TRUE(journal->outbox(0, 1, 1).value().empty());
    // The receiver's tree of 64 MiB is in this process too; the million envelopes, 700 MiB, must not be.
    EXPECT_LT(peak_kib() - before, 256L << 10);
}

}  // namespace
}  // namespace signalbox::journal
