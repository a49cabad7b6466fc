// SPDX-License-Identifier: Apache-2.0
// Waits for what happens on other threads: asks again and again until it is so or the time is up.
#pragma once

#include <chrono>
#include <thread>

namespace signalbox::support {

template <class Condition>
[[nodiscard]] bool eventually(Condition condition, std::chrono::seconds within = std::chrono::seconds(20)) {
    const auto end = std::chrono::steady_clock::now() + within;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
}

}  // namespace signalbox::support
