// SPDX-License-Identifier: Apache-2.0
// The port behind traffic.shift: something that shares requests out among servers by their weights. One
// object a step, used by the step's thread. What an adapter is made from outlives it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "agent/executor/actions/step.hpp"

namespace signalbox::actions {

class TrafficAdapter {
  public:
    virtual ~TrafficAdapter() = default;
    // The weights that are set; nothing when this kind cannot tell. Errors: what keeps it from telling.
    [[nodiscard]] virtual Result<std::optional<Weights>> read() = 0;
    // Sets the weights of the servers that are named. Succeeds, or leaves everything as it was as far as it
    // can and says in the detail what it could not.
    [[nodiscard]] virtual StepResult set(const Weights& wanted) = 0;
    // Sessions that are left on the servers of `weights` that get nothing any more; nothing when this kind
    // cannot tell.
    [[nodiscard]] virtual Result<std::optional<std::int64_t>> sessions(const Weights& weights) = 0;
    // Whether what read() says may not be in force yet, because an earlier attempt was cut short: then
    // weights that are right already are set again.
    [[nodiscard]] virtual bool may_lag() const { return false; }
};

[[nodiscard]] std::unique_ptr<TrafficAdapter> make_adapter(const HaproxyTraffic& to, StepContext& context);
[[nodiscard]] std::unique_ptr<TrafficAdapter> make_adapter(const NginxTraffic& to, StepContext& context);
[[nodiscard]] std::unique_ptr<TrafficAdapter> make_adapter(const CommandTraffic& to, StepContext& context);

}  // namespace signalbox::actions
