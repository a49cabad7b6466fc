// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/actions/health_check/health_check.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace signalbox::actions {
namespace {

constexpr std::chrono::milliseconds kLongestProbe{10'000};

// Empty when the probe passed, else why not.
std::string probe_http(const HttpProbe& probe, StepContext& context, Duration left) {
    const auto timeout =
        std::min(kLongestProbe, std::chrono::ceil<std::chrono::milliseconds>(std::max(left, Duration{1})));
    const auto answer = context.prober->get(probe.url, timeout);
    if (!answer) return fmt::format("{}: {}", probe.url, answer.error().message());
    if (answer->status != probe.expect)
        return fmt::format("{} answered {}, expected {}", probe.url, answer->status, probe.expect);
    if (!probe.contains.empty() && answer->body.find(probe.contains) == std::string::npos)
        return fmt::format("{} answered {}, but without '{:.80}'", probe.url, answer->status, probe.contains);
    return {};
}

std::string probe_command(const Command& command, StepContext& context, Duration left, StepResult& result) {
    auto ended = start_command(command, context, left, *context.cancel);
    if (!ended) return ended.error().to_string();
    result.exit_status = ended->exit_status;
    result.signal = ended->signal;
    const bool passed = ended->succeeded();
    const bool interrupted = ended->interrupted;
    const int status = ended->exit_status;
    result.out = std::move(ended->out);
    result.err = std::move(ended->err);
    if (interrupted) return "the processes that watched over the check were killed";
    return passed ? std::string() : fmt::format("the check exited with {}", status);
}

}  // namespace

StepResult perform_body(const HealthCheck& action, StepContext& context) {
    const Duration until = std::min(context.clock->boot() + Duration(action.within), context.deadline);
    StepResult result;
    std::int64_t in_a_row = 0, probes = 0;
    bool passed_once = false;
    std::string last = "no probe was made";
    for (;;) {
        const Duration begun = context.clock->boot();
        const Duration left = until - begun;
        if (left <= Duration{}) break;
        ++probes;
        last = action.http ? probe_http(*action.http, context, left)
                           : probe_command(*action.command, context, left, result);
        in_a_row = last.empty() ? in_a_row + 1 : 0;
        if (in_a_row >= action.successes) {
            result.detail = fmt::format("healthy at probe {}", probes);
            return result;
        }
        if (action.fail_fast && passed_once && in_a_row == 0) {
            result.code = "failed";
            result.detail = fmt::format("failed after {} probes, having passed before: {}", probes, last);
            return result;
        }
        passed_once = passed_once || in_a_row > 0;
        // From the beginning of one probe to that of the next, so that many of them take the time that people
        // reckon with.
        const Duration next = std::min(begun + Duration(action.interval), until);
        if (!context.pause(std::max(next - context.clock->boot(), Duration{}))) {
            result.code = "killed";
            result.detail = "the executor was stopped";
            return result;
        }
    }
    result.code = "failed";
    if (last.empty()) last = fmt::format("passed only {} of {} in a row", in_a_row, action.successes);
    result.detail = fmt::format("not healthy after {} probes in {}: {}", probes,
                                format_duration(Duration(action.within)), last);
    return result;
}

}  // namespace signalbox::actions
