// SPDX-License-Identifier: Apache-2.0
// HAProxy's server weights by its runtime socket.
#include <fmt/format.h>

#include <algorithm>

#include "agent/executor/actions/traffic_shift/adapter.hpp"
#include "agent/executor/actions/traffic_shift/runtime_socket.hpp"
#include "agent/executor/actions/traffic_shift/runtime_text.hpp"

namespace signalbox::actions {
namespace {

constexpr std::chrono::milliseconds kAnswerTime{5000};

class Haproxy final : public TrafficAdapter {
  public:
    explicit Haproxy(const HaproxyTraffic& to) : to_(&to) {}

    Result<std::optional<Weights>> read() override {
        SB_TRY(const std::string answer,
               ask_haproxy(to_->socket, "show servers state " + to_->backend, kAnswerTime));
        SB_TRY(Weights weights, parse_servers_state(answer, to_->backend));
        return std::optional(std::move(weights));
    }

    StepResult set(const Weights& wanted) override {
        // Up before down: at no moment may every server be without traffic.
        std::vector<std::pair<std::int64_t, std::string>> order;
        for (const auto& [server, weight] : wanted) order.emplace_back(-weight, server);
        std::sort(order.begin(), order.end());
        for (const auto& [negative, server] : order)
            if (const Status done = set_one(server, -negative); !done) return failed(done.error());
        return {};
    }

    Result<std::optional<std::int64_t>> sessions(const Weights& weights) override {
        SB_TRY(const std::string csv, ask_haproxy(to_->socket, "show stat", kAnswerTime));
        SB_TRY(const Weights current, parse_sessions(csv, to_->backend));
        std::int64_t left = 0;
        for (const auto& [server, weight] : weights)
            if (weight == 0 && current.contains(server)) left += current.at(server);
        return std::optional(left);
    }

  private:
    Status set_one(const std::string& server, std::int64_t weight) {
        const std::string command = fmt::format("set server {}/{} weight {}", to_->backend, server, weight);
        SB_TRY(const std::string answer, ask_haproxy(to_->socket, command, kAnswerTime));
        const auto text = answer.find_first_not_of(" \r\n");
        if (text != std::string::npos)
            return Error(Code::unavailable,
                         fmt::format("HAProxy answered '{}' with '{:.100}'", command,
                                     answer.substr(text, answer.find('\n', text) - text)),
                         "The runtime socket needs 'level admin'.");
        return {};
    }

    const HaproxyTraffic* to_;
};

}  // namespace

std::unique_ptr<TrafficAdapter> make_adapter(const HaproxyTraffic& to, StepContext&) {
    return std::make_unique<Haproxy>(to);
}

}  // namespace signalbox::actions
