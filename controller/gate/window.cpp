// SPDX-License-Identifier: Apache-2.0
// Now is inside the window that the approvals are for, and in no closed time of the environment.
#include <fmt/format.h>

#include "controller/calendar/closed_times.hpp"
#include "controller/gate/gates.hpp"

namespace signalbox::gate {
namespace {

class Window final : public Gate {
  public:
    std::string_view name() const override { return "window"; }
    Judgement judge(const Inputs& in, Instant now) const override {
        const json::Json looked_at{{"not_before", to_rfc3339(in.not_before)},
                                   {"not_after", to_rfc3339(in.not_after)}};
        const std::string from = to_rfc3339(std::chrono::ceil<std::chrono::seconds>(in.not_before));
        const std::string until = to_rfc3339(std::chrono::floor<std::chrono::seconds>(in.not_after));
        if (in.not_after <= in.not_before || now >= in.not_after) {
            return {sequence::GateOutcome::block, "the window ended at " + until, "Start the release again",
                    looked_at};
        }
        if (now < in.not_before) {
            return {sequence::GateOutcome::wait, "the window opens at " + from, "Nothing: it opens by itself",
                    looked_at};
        }
        return hours(in, now, until, looked_at);
    }

  private:
    static Judgement hours(const Inputs& in, Instant now, const std::string& until, json::Json looked_at) {
        const auto closed = calendar::closed_times(in.environment.calendar, in.not_before, in.not_after);
        if (!closed) {
            return {sequence::GateOutcome::block, closed.error().message(), closed.error().remedy(),
                    looked_at};
        }
        Instant opens = now;
        std::string names;
        for (const trust::ClosedTime& time : *closed) {
            if (time.from > opens) break;
            if (time.to <= opens) continue;
            opens = time.to;
            names += (names.empty() ? "'" : ", '") + time.name + "'";
        }
        // Not when it is open: what was looked at would be another at every look, and every look a ledger
        // entry.
        if (opens > now) looked_at["opens"] = to_rfc3339(opens);
        if (opens >= in.not_after) {
            return {sequence::GateOutcome::block,
                    fmt::format("{} is closed until the window ends at {}: {}", in.environment.name, until,
                                names),
                    fmt::format("Choose another time or a longer window; the calendar is '{}'",
                                in.environment.calendar.name),
                    looked_at};
        }
        if (opens > now) {
            return {sequence::GateOutcome::wait,
                    fmt::format("{} is closed until {}: {}", in.environment.name, to_rfc3339(opens), names),
                    "Nothing: it opens by itself", looked_at};
        }
        return {sequence::GateOutcome::pass, "open until " + until, "", looked_at};
    }
};

}  // namespace

std::unique_ptr<Gate> window_gate() {
    return std::make_unique<Window>();
}

}  // namespace signalbox::gate
