// SPDX-License-Identifier: Apache-2.0
#include "agent/link/workers.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>

namespace signalbox::link {
namespace {

TEST(Workers, one_that_hangs_does_not_delay_the_others) {
    std::promise<void> let_go;
    const auto gate = let_go.get_future().share();
    std::latch others(3);
    Workers workers(4);
    workers.post([gate] { gate.wait(); });
    for (int i = 0; i < 3; ++i) workers.post([&] { others.count_down(); });
    others.wait();
    let_go.set_value();
}

TEST(Workers, no_more_than_the_bound_run_at_once_and_all_run) {
    std::atomic<int> now{0}, most{0}, done{0};
    {
        std::latch all(50);
        Workers workers(3);
        for (int i = 0; i < 50; ++i)
            workers.post([&] {
                const int running = ++now;
                for (int seen = most; seen < running && !most.compare_exchange_weak(seen, running);) {
                }
                std::this_thread::yield();
                --now;
                ++done;
                all.count_down();
            });
        all.wait();
    }
    EXPECT_EQ(done, 50);
    EXPECT_LE(most, 3);
}

TEST(Workers, stopping_waits_for_what_runs_and_takes_no_more) {
    std::atomic<int> ran{0};
    std::latch begun(1);
    Workers workers(1);
    workers.post([&] {
        begun.count_down();
        std::this_thread::yield();
        ++ran;
    });
    begun.wait();
    workers.stop();
    EXPECT_EQ(ran, 1);
    workers.post([&] { ++ran; });
    workers.stop();
    EXPECT_EQ(ran, 1);
}

}  // namespace
}  // namespace signalbox::link
