// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/actions/traffic_shift/shift.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "agent/executor/actions/traffic_shift/adapter.hpp"
#include "agent/executor/actions/traffic_shift/weights.hpp"

namespace signalbox::actions {
namespace {

constexpr std::chrono::milliseconds kDrainLook{250};

// Waits for the sessions on servers without weight to end; the whole time where nobody can count them.
Status drain(const TrafficShift& action, TrafficAdapter& traffic, StepContext& context, StepResult& result) {
    const Duration until = std::min(context.clock->boot() + Duration(action.drain), context.deadline);
    for (;;) {
        SB_TRY(const auto sessions, traffic.sessions(action.weights));
        const Duration left = until - context.clock->boot();
        if (sessions && *sessions == 0) return {};
        if (left <= Duration{}) {
            if (sessions)
                result.detail +=
                    fmt::format("; {} sessions did not end in {} s", *sessions, action.drain.count());
            return {};
        }
        if (!context.pause(std::min(Duration(kDrainLook), left))) {
            result.code = "killed";
            return {};
        }
    }
}

Result<StepResult> shift(const TrafficShift& action, TrafficAdapter& traffic, StepContext& context) {
    const auto seen = traffic.read();
    if (!seen) return unchanged(seen.error().to_string());
    const auto& before = *seen;
    const bool so_already = before && differences(*before, action.weights).empty();
    if (before && !so_already) {
        if (const std::string other = differences(*before, action.expect); !other.empty())
            return unchanged(fmt::format("the weights are not as the plan assumed:{}", other));
    }
    StepResult result;
    if (!so_already || traffic.may_lag()) result = traffic.set(action.weights);
    if (before) result.before = crypto::sha256(describe(*before));
    if (!result.succeeded()) {
        const auto left = traffic.read();
        if (!left || !*left) return result;
        result.after = crypto::sha256(describe(**left));
        // One that lags may have taken up what was asked for all the same.
        const bool certain = before && !traffic.may_lag() && differences(**left, *before).empty();
        if (certain && result.code == "failed") result.code = "unchanged";
        return result;
    }
    SB_TRY(const auto after, traffic.read());
    if (after) {
        result.after = crypto::sha256(describe(*after));
        if (const std::string other = differences(*after, action.weights); !other.empty()) {
            result.code = "failed";
            result.detail = fmt::format("read back after setting:{}", other);
            return result;
        }
    }
    if (so_already) {
        result.code = "nothing_to_do";
        result.detail = "the weights are so already: " + describe(action.weights);
    } else if (before && after) {
        result.detail = fmt::format("was {}; is {}", describe(*before), describe(*after));
    } else {
        result.detail = fmt::format("set {}; it cannot be read back", describe(action.weights));
    }
    if (action.drain.count() > 0) SB_CHECK(drain(action, traffic, context, result));
    return result;
}

}  // namespace

StepResult perform_body(const TrafficShift& action, StepContext& context) {
    const auto traffic =
        std::visit([&](const auto& to) { return make_adapter(to, context); }, action.adapter);
    auto result = shift(action, *traffic, context);
    return result ? *std::move(result) : failed(result.error());
}

}  // namespace signalbox::actions
