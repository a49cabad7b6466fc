// SPDX-License-Identifier: Apache-2.0
// A strand runs what is posted to it one at a time, in order. Domain state lives on one strand and needs no
// lock.
#pragma once

#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <type_traits>
#include <utility>

#include "common/base/result.hpp"
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
    // When the strand stops before f ran: cancelled if f returns a Result, otherwise std::future_error.
    template <class F>
    auto call(F f) -> std::invoke_result_t<F> {
        using Value = std::invoke_result_t<F>;
        // Owned by the posted task alone, so that dropping the task breaks the promise and wakes the waiter.
        auto task = std::make_shared<std::packaged_task<Value()>>(std::move(f));
        auto future = task->get_future();
        post([owned = std::move(task)] { (*owned)(); });
        before_wait();
        if constexpr (!std::is_void_v<Value> && std::is_constructible_v<Value, Error>) {
            try {
                return future.get();
            } catch (const std::future_error&) {
                return Error(Code::cancelled, "the program is stopping", "Try again when it is up again.");
            }
        } else {
            return future.get();
        }
    }

  protected:
    // Called between the post and the wait of call(): a strand without a thread of its own runs its tasks
    // here.
    virtual void before_wait() {}
};

}  // namespace signalbox::async
