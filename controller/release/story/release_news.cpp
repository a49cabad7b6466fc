// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "controller/release/story/news.hpp"

namespace signalbox::story {
namespace {

using sequence::Course;
using sequence::GateOutcome;
using sequence::ReleaseState;

std::string words(sequence::Overrun overrun) {
    switch (overrun) {
        case sequence::Overrun::finish:
            return "what is in flight then may end, and it fails";
        case sequence::Overrun::stop:
            return "nothing starts that could not end by then, and it fails";
        case sequence::Overrun::undo:
            return "it is taken back then";
    }
    return {};
}

class Teller {
  public:
    explicit Teller(const Change& change) : change_(change), after_(change.after) {}

    std::vector<Line> tell() {
        if (change_.before == nullptr) {
            started();
            return std::move(lines_);
        }
        gates();
        lanes();
        hosts();
        course();
        breakers();
        return std::move(lines_);
    }

  private:
    void say(LineKind kind, std::string text) {
        lines_.push_back({change_.entry.at, after_.current().name, {}, kind, std::move(text)});
    }

    void started() {
        const sequence::ReleaseSpec& spec = *after_.spec;
        say(LineKind::release,
            fmt::format(
                "{} {} was asked for by {}; steps may start from {} until {}; if it is not done then: {}",
                spec.name, spec.version, spec.requester, to_rfc3339(spec.not_before),
                to_rfc3339(spec.not_after), words(spec.overrun)));
    }

    void gates() {
        const auto* judged = std::get_if<sequence::GatesJudged>(&change_.entry.event);
        if (judged == nullptr || judged->release != after_.spec->id || after_.gates == change_.before->gates)
            return;
        const auto old = change_.before->gates.find(judged->environment);
        std::string passed;
        bool all = true;
        for (const sequence::Verdict& verdict : judged->verdicts) {
            all = all && verdict.outcome == GateOutcome::pass;
            if (verdict.outcome == GateOutcome::pass) {
                passed += (passed.empty() ? "" : ", ") + verdict.gate;
                continue;
            }
            const bool told = old != change_.before->gates.end() &&
                              std::find(old->second.begin(), old->second.end(), verdict) != old->second.end();
            if (told) continue;
            gate_line(judged->environment, verdict);
        }
        if (all) {
            lines_.push_back({change_.entry.at,
                              judged->environment,
                              {},
                              LineKind::gate,
                              "every gate has passed: " + passed});
        }
    }

    void gate_line(const std::string& environment, const sequence::Verdict& verdict) {
        const char* says = verdict.outcome == GateOutcome::wait ? "waits" : "blocks";
        lines_.push_back({change_.entry.at,
                          environment,
                          {},
                          LineKind::gate,
                          fmt::format("the gate '{}' {}: {}", verdict.gate, says, verdict.reason)});
    }

    void course() {
        const ReleaseState& before = *change_.before;
        if (!before.open && after_.open) say(LineKind::release, after_.current().name + " begins");
        if (after_.stage > before.stage) {
            const std::string& done = before.current().name;
            lines_.push_back({change_.entry.at,
                              done,
                              {},
                              LineKind::release,
                              fmt::format("{} is done; {} is next", done, after_.current().name)});
        }
        const std::string by = command(sequence::CommandKind::halt, "halted by ");
        if (after_.halted && !before.halted)
            say(LineKind::release, by.empty() ? "halted: " + after_.reason : by);
        if (const std::string on = command(sequence::CommandKind::resume, "resumed by ");
            !after_.halted && before.halted && !on.empty()) {
            say(LineKind::release, on);
        }
        // Asked for once more, and at its end in the same moment: there was nothing that could be tried.
        if (before.ended() && after_.ended() && before.revision != after_.revision) return ended(before);
        if (after_.course == before.course) return;
        course_line(before);
    }

    // What a person's command of this kind says; empty: this is none.
    [[nodiscard]] std::string command(sequence::CommandKind kind, const char* words) const {
        const auto* said = std::get_if<sequence::Command>(&change_.entry.event);
        if (said == nullptr || said->kind != kind || said->release != after_.spec->id) return {};
        return words + said->by + (said->reason.empty() ? "" : ": " + said->reason);
    }

    void course_line(const ReleaseState& before) {
        switch (after_.course) {
            case Course::forward:
                return;
            case Course::winding_down_to_undo:
                return say(
                    LineKind::release,
                    "it goes back; nothing more is started, what is in flight ends first: " + after_.reason);
            case Course::winding_down_to_fail:
            case Course::winding_down_to_abort:
                return say(
                    LineKind::release,
                    "it ends; nothing more is started, what is in flight ends first: " + after_.reason);
            case Course::undoing:
                return say(LineKind::release,
                           fmt::format("{}what ran in {} is taken back, the last change first: {}",
                                       before.course == Course::forward ? "it goes back; " : "",
                                       after_.current().name, after_.reason));
            case Course::ended:
                return ended(before);
        }
    }

    void ended(const ReleaseState& before) {
        std::string text = fmt::format("it ended: {}", sequence::to_string(after_.final_status));
        const bool told = before.course != Course::forward && before.reason == after_.reason;
        if (!after_.reason.empty() && !told) text += ": " + after_.reason;
        say(LineKind::release, std::move(text));
        if (after_.not_undone == before.not_undone) return;
        for (const std::string& host : after_.not_undone) say(LineKind::failed, "was not undone: " + host);
    }

    // The last step of a lane, forward.
    void lanes() {
        const auto& before = change_.before->tracking.lane_left;
        const auto& after = after_.tracking.lane_left;
        if (after_.course != Course::forward && !after_.ended()) return;
        for (std::size_t i = 0; i < after.size() && i < before.size(); ++i) {
            const sequence::Index::Lane& lane = after_.index->lanes()[i];
            if (before[i] == 0 || after[i] != 0 || lane.stage != change_.before->stage) continue;
            if (after_.ended() && after_.final_status != sequence::ReleaseStatus::succeeded) continue;
            lines_.push_back(
                {change_.entry.at,
                 after_.spec->stages[lane.stage].name,
                 {},
                 LineKind::done,
                 fmt::format("every step of {} on {} is over", lane.spec->service, lane.spec->group)});
        }
    }

    void hosts() {
        for (std::size_t i = change_.before->left_out.size(); i < after_.left_out.size(); ++i) {
            const sequence::LeftOut& host = after_.left_out[i];
            say(LineKind::skipped, fmt::format("{} of {} is left out: {}", host.host, host.group, host.why));
        }
    }

    void breakers() {
        breaker("this release", change_.before->breaker, after_.breaker);
        const std::string& name = after_.current().name;
        const auto old = change_.all_before.breakers.find(name);
        const auto now = change_.all.breakers.find(name);
        if (now == change_.all.breakers.end()) return;
        breaker(name, old == change_.all_before.breakers.end() ? sequence::Breaker{} : old->second,
                now->second);
    }

    void breaker(const std::string& whose, const sequence::Breaker& before, const sequence::Breaker& now) {
        if (before.status == now.status && before.probe_release == now.probe_release &&
            before.probe_host == now.probe_host)
            return;
        const std::string head = "the circuit breaker of " + whose;
        switch (now.status) {
            case sequence::BreakerStatus::open:
                return say(LineKind::breaker,
                           fmt::format("{} opened: {}; nothing is started there", head, now.why));
            case sequence::BreakerStatus::half_open:
                return say(LineKind::breaker,
                           fmt::format("{} is half open: {}", head, sequence::half_open_words(now)));
            case sequence::BreakerStatus::closed:
                return say(LineKind::breaker, fmt::format("{} closed: {}", head, now.why));
        }
    }

    const Change& change_;
    const ReleaseState& after_;
    std::vector<Line> lines_;
};

}  // namespace

std::vector<Line> release_news(const Change& change) {
    return Teller(change).tell();
}

}  // namespace signalbox::story
