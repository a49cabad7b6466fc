// SPDX-License-Identifier: Apache-2.0
#include "controller/ledger/api/ledger_api.hpp"

#include <gtest/gtest.h>

#include "tests/fakes/ledger_store.hpp"
#include "tests/fakes/manual_strand.hpp"

namespace signalbox::ledger {
namespace {

// Without witnesses.
struct Plain final : Publisher {
    explicit Plain(Ledger& of) : ledger(of) {}
    SignedCheckpoint shown() override { return ledger.latest(); }
    void newest(std::function<void(Result<SignedCheckpoint>)> reply) override {
        reply(ledger.checkpoint_now());
    }
    Ledger& ledger;
};

template <class Response, class Request, class Call>
Result<Response> now(LedgerApi& api, Call call, const Request& request) {
    std::optional<Result<Response>> got;
    (api.*call)({}, request, [&](Result<Response> answer) { got = std::move(answer); });
    return got.value();
}

TEST(LedgerApiTest, PagesThroughTheLedgerInBothDirections) {
    const auto key = crypto::SigningKey::generate();
    fakes::ManualClock clock;
    fakes::ManualStrand strand(clock);
    fakes::LedgerStore store;
    Ledger ledger(ClusterId("demo"), key, store, strand, clock);
    ASSERT_TRUE(ledger.open().ok());
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(ledger.append("release_event", {{"n", i}}).ok());
    Plain publisher(ledger);
    LedgerApi api(ledger, publisher);
    const access::Caller caller;
    const auto checkpoint =
        now<v1::GetCheckpointResponse>(api, &LedgerApi::get_checkpoint, v1::GetCheckpointRequest());
    EXPECT_EQ(checkpoint->size(), 5U) << "covers everything so far";

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

TEST(LedgerApiTest, ProvesEntriesAndThatItExtendsAnEarlierState) {
    const auto key = crypto::SigningKey::generate();
    fakes::ManualClock clock;
    fakes::ManualStrand strand(clock);
    fakes::LedgerStore store;
    Ledger ledger(ClusterId("demo"), key, store, strand, clock);
    ASSERT_TRUE(ledger.open().ok());
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(ledger.append("release_event", {{"n", i}}).ok());
    const auto earlier = ledger.checkpoint_now().value().checkpoint;
    for (int i = 3; i < 7; ++i) ASSERT_TRUE(ledger.append("release_event", {{"n", i}}).ok());
    Plain publisher(ledger);
    LedgerApi api(ledger, publisher);
    const auto prove = [&](const v1::ProveRequest& asked) {
        return now<v1::ProveResponse>(api, &LedgerApi::prove, asked);
    };
    v1::ProveRequest request;
    for (const std::uint64_t index : {0, 6, 3}) request.add_indexes(index);
    request.set_from_size(3);
    const auto answer = prove(request).value();
    const auto checkpoint =
        merkle::verify_checkpoint(answer.checkpoint(), "signalbox.dev/demo",
                                  crypto::PublicKey::from_paserk(answer.ledger_key()).value())
            .value();
    EXPECT_EQ(checkpoint.size, 7U) << "covers what was appended a moment ago";
    EXPECT_EQ(answer.size(), 7U);
    const auto proof = [](const auto& hashes) {
        merkle::Proof out;
        for (const auto& hash : hashes) out.push_back(crypto::digest_from_bytes(as_bytes(hash)).value());
        return out;
    };
    std::vector<std::uint64_t> proven;
    for (const auto& entry : answer.entries()) {
        proven.push_back(entry.entry().index());
        EXPECT_EQ(entry.entry().envelope(), store.raw()[proven.back()].envelope);
        EXPECT_TRUE(merkle::verify_inclusion(merkle::leaf_hash(entry.entry().leaf()), proven.back(), 7,
                                             proof(entry.hashes()), checkpoint.root));
    }
    EXPECT_EQ(proven, (std::vector<std::uint64_t>{0, 6, 3}));
    EXPECT_TRUE(merkle::verify_consistency(3, earlier.root, 7, checkpoint.root, proof(answer.consistency())));

    request.add_indexes(7);
    EXPECT_EQ(prove(request).error().code(), Code::not_found);
    v1::ProveRequest many;
    for (int i = 0; i <= LedgerApi::kMaxProofs; ++i) many.add_indexes(0);
    EXPECT_EQ(prove(many).error().code(), Code::invalid_argument);
    v1::ProveRequest later;
    later.set_from_size(8);
    EXPECT_EQ(prove(later).error().code(), Code::invalid_argument);
}

}  // namespace
}  // namespace signalbox::ledger
