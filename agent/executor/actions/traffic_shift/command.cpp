// SPDX-License-Identifier: Apache-2.0
// A program of the operator's that shares traffic out: it is told "server=weight" words, and may show what is
// set.
#include <fmt/format.h>

#include "agent/executor/actions/traffic_shift/adapter.hpp"
#include "agent/executor/actions/traffic_shift/weights.hpp"

namespace signalbox::actions {
namespace {

class Program final : public TrafficAdapter {
  public:
    Program(const CommandTraffic& to, StepContext& context) : to_(&to), context_(&context) {}

    Result<std::optional<Weights>> read() override {
        if (to_->show.empty()) return std::optional<Weights>();
        const StepResult shown = run_command({to_->show, "", {}}, *context_);
        if (!shown.succeeded()) return Error(Code::unavailable, "`show`: " + shown.detail);
        if (shown.out->length != static_cast<std::int64_t>(shown.out->kept.size()))
            return Error(Code::resource_exhausted,
                         fmt::format("`show` printed more than {} bytes", shown.out->kept.size()));
        SB_TRY(Weights weights, parse_weight_lines(shown.out->kept).with_context("`show`"));
        return std::optional(std::move(weights));
    }

    StepResult set(const Weights& wanted) override {
        Command command{to_->argv, "", {}};
        for (const auto& [server, weight] : wanted)
            command.argv.push_back(fmt::format("{}={}", server, weight));
        return run_command(command, *context_);
    }

    Result<std::optional<std::int64_t>> sessions(const Weights&) override {
        return std::optional<std::int64_t>();
    }

  private:
    const CommandTraffic* to_;
    StepContext* context_;
};

}  // namespace

std::unique_ptr<TrafficAdapter> make_adapter(const CommandTraffic& to, StepContext& context) {
    return std::make_unique<Program>(to, context);
}

}  // namespace signalbox::actions
