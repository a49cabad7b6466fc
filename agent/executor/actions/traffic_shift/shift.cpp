// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/actions/traffic_shift/shift.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "agent/executor/actions/traffic_shift/runtime_socket.hpp"
#include "agent/executor/actions/traffic_shift/runtime_text.hpp"

namespace signalbox::actions {
namespace {

constexpr std::chrono::milliseconds kAnswerTime{5000};
constexpr std::chrono::milliseconds kDrainLook{250};

Result<Weights> read_weights(const TrafficShift& action) {
    SB_TRY(const std::string answer,
           ask_haproxy(action.socket, "show servers state " + action.backend, kAnswerTime));
    return parse_servers_state(answer, action.backend);
}

// The servers of `wanted` that have other weights, or are not there.
std::string differences(const Weights& now, const Weights& wanted) {
    std::string text;
    for (const auto& [server, weight] : wanted) {
        const auto found = now.find(server);
        if (found == now.end())
            text += fmt::format(" {} is not a server;", server);
        else if (found->second != weight)
            text += fmt::format(" {} has {} instead of {};", server, found->second, weight);
    }
    return text;
}

Status set_weights(const TrafficShift& action) {
    // Up before down: at no moment may every server be without traffic.
    std::vector<std::pair<std::int64_t, std::string>> order;
    for (const auto& [server, weight] : action.weights) order.emplace_back(-weight, server);
    std::sort(order.begin(), order.end());
    for (const auto& [negative, server] : order) {
        const std::string command =
            fmt::format("set server {}/{} weight {}", action.backend, server, -negative);
        SB_TRY(const std::string answer, ask_haproxy(action.socket, command, kAnswerTime));
        const auto text = answer.find_first_not_of(" \r\n");
        if (text != std::string::npos)
            return Error(Code::unavailable,
                         fmt::format("HAProxy answered '{}' with '{:.100}'", command,
                                     answer.substr(text, answer.find('\n', text) - text)),
                         "The runtime socket needs 'level admin'.");
    }
    return {};
}

// Sessions that are left on the servers without weight, after waiting for them to end. False: cancelled.
Result<bool> drain(const TrafficShift& action, StepContext& context, std::int64_t& sessions) {
    const Duration until = std::min(context.clock->boot() + Duration(action.drain), context.deadline);
    for (;;) {
        SB_TRY(const std::string csv, ask_haproxy(action.socket, "show stat", kAnswerTime));
        SB_TRY(const Weights current, parse_sessions(csv, action.backend));
        sessions = 0;
        for (const auto& [server, weight] : action.weights)
            if (weight == 0 && current.contains(server)) sessions += current.at(server);
        if (sessions == 0 || context.clock->boot() >= until) return true;
        if (!context.pause(kDrainLook)) return false;
    }
}

Result<StepResult> shift(const TrafficShift& action, StepContext& context) {
    SB_TRY(const Weights before, read_weights(action));
    StepResult result;
    result.before = crypto::sha256(describe(before));
    result.after = result.before;
    if (differences(before, action.weights).empty()) {
        result.code = "nothing_to_do";
        result.detail = "the weights are so already: " + describe(action.weights);
    } else {
        if (const std::string other = differences(before, action.expect); !other.empty())
            return failed(
                fmt::format("the weights are not as the plan assumed:{} nothing was changed", other));
        SB_CHECK(set_weights(action));
    }
    SB_TRY(const Weights after, read_weights(action));
    result.after = crypto::sha256(describe(after));
    if (const std::string other = differences(after, action.weights); !other.empty())
        return failed(fmt::format("read back after setting:{}", other));
    if (result.detail.empty())
        result.detail = fmt::format("was {}; is {}", describe(before), describe(after));
    if (action.drain.count() > 0) {
        std::int64_t sessions = 0;
        SB_TRY(const bool waited, drain(action, context, sessions));
        if (!waited) result.code = "killed";
        if (sessions > 0)
            result.detail += fmt::format("; {} sessions did not end in {} s", sessions, action.drain.count());
    }
    return result;
}

}  // namespace

StepResult perform_body(const TrafficShift& action, StepContext& context) {
    auto result = shift(action, context);
    return result ? *std::move(result) : failed(result.error());
}

}  // namespace signalbox::actions
