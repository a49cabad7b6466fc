// SPDX-License-Identifier: Apache-2.0
// A witness at work: judges a request, remembers before it cosigns. One request at a time, from any thread.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.hpp"
#include "controller/witness/judge.hpp"
#include "controller/witness/state.hpp"

namespace signalbox::witness {

struct Answer {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
};

class Witness {
  public:
    // What people should hear: alarms first of all.
    using Tell = std::function<void(const std::string& line)>;

    // All must outlive it.
    Witness(const State& state, std::vector<Log> logs, const Clock& clock, Tell tell)
        : state_(state), logs_(std::move(logs)), clock_(clock), tell_(std::move(tell)) {}

    // To the body of a POST to add-checkpoint. 503 when the state cannot be read or written: then nothing was
    // cosigned.
    [[nodiscard]] Answer add_checkpoint(std::string_view body);

  private:
    [[nodiscard]] Result<Answer> answer(std::string_view body);
    void raise(const Verdict& verdict, std::string_view body);

    const State& state_;
    std::vector<Log> logs_;
    const Clock& clock_;
    Tell tell_;
    std::mutex mutex_;
};

}  // namespace signalbox::witness
