// SPDX-License-Identifier: Apache-2.0
#include "common/async/thread_strand.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <string>
#include <vector>

namespace signalbox::async {
namespace {

TEST(ThreadStrandTest, RunsTasksOfManyThreadsOneAtATimeAndEachThreadsInOrder) {
    const SystemClock clock;
    ThreadStrand strand(clock);
    std::vector<std::vector<int>> seen(4);  // touched only on the strand: TSan would object otherwise
    std::vector<std::thread> posters;
    for (std::size_t who = 0; who < seen.size(); ++who) {
        posters.emplace_back([&, who] {
            for (int i = 0; i < 500; ++i) strand.post([&seen, who, i] { seen[who].push_back(i); });
        });
    }
    for (auto& poster : posters) poster.join();
    strand.stop();
    std::vector<int> expected(500);
    std::iota(expected.begin(), expected.end(), 0);
    for (const auto& one : seen) EXPECT_EQ(one, expected);
}

TEST(ThreadStrandTest, StopRunsWhatWasPostedAndWhatThatPosts) {
    const SystemClock clock;
    ThreadStrand strand(clock);
    std::atomic<int> ran = 0;
    strand.post([&] {
        ++ran;
        strand.post([&] { ++ran; });
    });
    strand.stop();
    strand.stop();
    EXPECT_EQ(ran, 2);
}

TEST(ThreadStrandTest, CallReturnsTheValueAndFailsAfterStopInsteadOfHanging) {
    const SystemClock clock;
    ThreadStrand strand(clock);
    EXPECT_FALSE(strand.is_current());
    EXPECT_TRUE(strand.call([&] { return strand.is_current(); }));
    EXPECT_EQ(strand.call([]() -> Result<int> { return 7; }).value(), 7);
    strand.stop();
    const auto late = strand.call([]() -> Result<int> { return 8; });
    ASSERT_FALSE(late.ok());
    EXPECT_EQ(late.error().code(), Code::cancelled);
}

TEST(ThreadStrandTest, TimersFireInTheOrderOfTheirInstantsAndNotWhenCancelled) {
    const SystemClock clock;
    ThreadStrand strand(clock);
    std::promise<std::string> done;
    std::string order;
    const Instant now = clock.now();
    const auto ms = [](int n) { return std::chrono::milliseconds(n); };
    // Set from the strand, so that none is due before all are set.
    strand.post([&] {
        strand.post_at(now + ms(30), [&] {
            order += 'c';
            done.set_value(order);
        });
        strand.post_at(now + ms(10), [&] { order += 'a'; });
        const TimerId never = strand.post_at(now + ms(15), [&] { order += 'X'; });
        strand.post_at(now + ms(20), [&] { order += 'b'; });
        strand.cancel(never);
        strand.cancel(never);
        strand.cancel(TimerId::none);
    });
    EXPECT_EQ(done.get_future().get(), "abc");
    EXPECT_GE(clock.now(), now + ms(30));
}

TEST(ThreadStrandTest, StopDoesNotWaitForTimers) {
    const SystemClock clock;
    auto witness = std::make_shared<int>(1);
    ThreadStrand strand(clock);
    strand.post_at(clock.now() + std::chrono::hours(1), [witness] { *witness = 2; });
    strand.stop();
    EXPECT_EQ(*witness, 1);
    EXPECT_EQ(witness.use_count(), 1) << "a dropped timer releases what it holds";
}

}  // namespace
}  // namespace signalbox::async
