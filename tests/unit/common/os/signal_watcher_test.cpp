// SPDX-License-Identifier: Apache-2.0
#include "common/os/signal_watcher.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <thread>

namespace signalbox::os {
namespace {

TEST(SignalWatcherTest, TurnsTheSignalsIntoValuesAndWakesFromAnotherThread) {
    auto watcher = SignalWatcher::open();
    ASSERT_TRUE(watcher.ok());
    EXPECT_EQ(watcher->wait_for(std::chrono::milliseconds(0)), std::nullopt);
    ASSERT_EQ(::kill(::getpid(), SIGTERM), 0);
    EXPECT_EQ(watcher->wait(), SIGTERM);
    ASSERT_EQ(::kill(::getpid(), SIGINT), 0);
    EXPECT_EQ(watcher->wait(), SIGINT);
    std::thread other([&] { watcher->wake(); });
    EXPECT_EQ(watcher->wait(), 0);
    other.join();
    EXPECT_EQ(watcher->wait_for(std::chrono::milliseconds(0)), std::nullopt);
}

TEST(SignalWatcherTest, AWritePastALimitIsAnErrorAndNoDeath) {
    ASSERT_TRUE(SignalWatcher::open().ok());
    EXPECT_EQ(::raise(SIGXFSZ), 0);
    EXPECT_EQ(::raise(SIGPIPE), 0);
}

}  // namespace
}  // namespace signalbox::os
