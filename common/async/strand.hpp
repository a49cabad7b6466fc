// SPDX-License-Identifier: Apache-2.0
// A strand runs what is posted to it one at a time, in order. Domain state lives on one strand and needs no
// lock.
#pragma once

#include <cstdint>
#include <functional>
#include <future>
#include <type_traits>
#include <utility>

#include "common/base/time.hpp"

namespace signalbox::async {

using Task = std::function<void()>;
enum class TimerId : std::uint64_t { none = 0 };

// All methods may be called from any thread.
class Strand {
  public:
    virtual ~Strand() = default;
    virtual void post(Task task) = 0;
    // Runs once, at or after `when` on the strand's clock.
    virtual TimerId post_at(Instant when, Task task) = 0;
    // No effect when it has run or is running.
    virtual void cancel(TimerId timer) = 0;

    // Runs f on the strand and waits for its value. Never from the strand itself: it would wait for ever.
    template <class F>
    auto call(F f) -> std::invoke_result_t<F> {
        std::packaged_task<std::invoke_result_t<F>()> task(std::move(f));
        auto future = task.get_future();
        post([&task] { task(); });
        return future.get();
    }
};

}  // namespace signalbox::async
