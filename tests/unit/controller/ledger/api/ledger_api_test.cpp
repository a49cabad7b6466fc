// SPDX-License-Identifier: Apache-2.0
#include "controller/ledger/api/ledger_api.hpp"

#include <gtest/gtest.h>

#include "tests/fakes/ledger_store.hpp"
#include "tests/fakes/manual_strand.hpp"

namespace signalbox::ledger {
namespace {

TEST(LedgerApiTest, PagesThroughTheLedgerInBothDirections) {
    const auto key = crypto::SigningKey::generate();
    fakes::ManualClock clock;
    fakes::ManualStrand strand(clock);
    fakes::LedgerStore store;
    Ledger ledger(ClusterId("demo"), key, store, strand, clock);
    ASSERT_TRUE(ledger.open().ok());
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(ledger.append("release_event", {{"n", i}}).ok());
    LedgerApi api(ledger);
    const access::Caller caller;
    EXPECT_EQ(api.get_checkpoint(caller, {})->size(), 5U) << "covers everything so far";

    const auto list = [&](std::uint64_t from, std::uint32_t limit, bool newest_first) {
        v1::ListEntriesRequest request;
        request.set_from(from);
        request.set_limit(limit);
        request.set_newest_first(newest_first);
        const auto response = api.list_entries(caller, request).value();
        EXPECT_EQ(response.size(), 5U);
        std::vector<std::uint64_t> indexes;
        for (const auto& entry : response.entries()) {
            EXPECT_EQ(entry.envelope(), store.raw()[entry.index()].envelope);
            EXPECT_EQ(entry.leaf(), store.raw()[entry.index()].leaf);
            indexes.push_back(entry.index());
        }
        return indexes;
    };
    using Indexes = std::vector<std::uint64_t>;
    EXPECT_EQ(list(0, 0, false), (Indexes{0, 1, 2, 3, 4}));
    EXPECT_EQ(list(3, 10, false), (Indexes{3, 4}));
    EXPECT_EQ(list(~0ULL, 10, false), Indexes{});
    EXPECT_EQ(list(0, 2, true), (Indexes{4, 3}));
    EXPECT_EQ(list(3, 2, true), (Indexes{2, 1}));
}

}  // namespace
}  // namespace signalbox::ledger
