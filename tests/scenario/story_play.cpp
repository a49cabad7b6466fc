// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <sstream>

#include "controller/release/sequence/names.hpp"
#include "simulation.hpp"
#include "story.hpp"

namespace signalbox::scenario {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using Words = std::vector<std::string>;

// Every step takes so long unless the story says otherwise.
constexpr std::int64_t kStepTakesMs = 2'000;

class Player {
  public:
    explicit Player(const Story& story) : story_(story), simulation_(story.design, 1, true, false) {}

    Told play() {
        for (const auto& host : simulation_.hosts()) host->temper = {0, 0, kStepTakesMs, true};
        for (const Line& line : story_.lines) {
            if (line.kind == Line::Kind::act) simulation_.later(line.at, [this, &line] { act(line); });
            if (line.kind == Line::Kind::expect_at)
                simulation_.later(line.at, [this, &line] { check(line); });
        }
        simulation_.boot();
        for (const Line& line : story_.lines) {
            if (line.kind == Line::Kind::expect_by) wait_for(line);
        }
        Duration last{};
        for (const Line& line : story_.lines) last = std::max(last, line.at);
        simulation_.run_until(std::max(simulation_.now(), kBegin + last + seconds(1)));
        for (const Line& line : story_.lines) {
            if (line.kind == Line::Kind::never) check(line);
        }
        finish();
        return std::move(told_);
    }

  private:
    void fail(const Line& line, const std::string& what) {
        told_.failures.push_back(fmt::format("line {}: {}: {}", line.number, line.text, what));
        simulation_.tell("FAILED " + told_.failures.back());
    }

    // Everything ends in the end, whatever the story stops at, and the invariants hold.
    void finish() {
        for (Instant until = simulation_.now(); until < kBegin + hours(30); until += seconds(30)) {
            if (simulation_.violated() || (simulation_.newest() != nullptr && simulation_.all_over())) break;
            simulation_.disk_is_full = false;
            if (simulation_.newest() == nullptr) simulation_.boot();
            simulation_.run_until(until);
        }
        if (!simulation_.violated()) simulation_.check_end();
        Report report = simulation_.report();
        for (const Violation& v : report.violations)
            told_.failures.push_back(fmt::format("violation of {}: {}", to_string(v.invariant), v.what));
        told_.story = std::move(report.story);
    }

    void wait_for(const Line& line) {
        std::optional<std::string> wrong;
        do {
            simulation_.run_until(simulation_.now() + seconds(1));
            wrong = judge(line);
        } while (wrong && simulation_.now() < kBegin + line.at && !simulation_.violated());
        if (wrong) return fail(line, *wrong);
        simulation_.tell("as expected: " + line.text);
    }

    void check(const Line& line) {
        if (const auto wrong = judge(line)) return fail(line, *wrong);
        simulation_.tell("as expected: " + line.text);
    }

    static Words split(const std::string& text) {
        std::istringstream in(text);
        Words out;
        for (std::string word; in >> word;) out.push_back(word);
        return out;
    }

    const ReleaseDesign* design_of(const std::string& name) const {
        const auto& all = simulation_.world().design().releases;
        const auto found =
            std::find_if(all.begin(), all.end(), [&](const auto& r) { return r.name == name; });
        return found == all.end() ? nullptr : &*found;
    }

    void act(const Line& line) {
        simulation_.tell("* " + line.text);
        const Words words = split(line.text);
        using Kind = sequence::CommandKind;
        const std::map<std::string, Kind> commands{
            {"halt", Kind::halt}, {"resume", Kind::resume}, {"undo", Kind::undo}, {"abort", Kind::abort}};
        if (words[0] == "start" && words.size() == 2 && design_of(words[1]) != nullptr) {
            if (!simulation_.start(*design_of(words[1]))) fail(line, "it was not started");
        } else if (commands.contains(words[0]) && (words.size() == 2 || words.back() == "refused")) {
            const bool refused = words.size() > 2;
            const auto id = simulation_.find(words[1]);
            const Status done = id ? simulation_.command(*id, commands.at(words[0]))
                                   : Status(Error(Code::not_found, "it was never started"));
            if (refused) simulation_.tell(done ? "it was done" : done.error().to_string());
            if (done.ok() == refused) fail(line, done ? "it was done" : done.error().message());
        } else if (words[0] == "host" && words.size() >= 3) {
            host(line, words);
        } else if (words[0] == "step" && words.size() == 3) {
            script(words[1], words[2]);
        } else if (!controller(line.text)) {
            fail(line, "nobody knows what that is");
        }
    }

    void host(const Line& line, const Words& words) {
        Host& at = simulation_.host(words[1]);
        const std::string& what = words[2];
        if (what == "offline") return simulation_.disconnect(at, "the story says so");
        if (what == "online") return simulation_.connect(at);
        if (what == "replaced") return simulation_.replace(words[1]);
        if (what == "crashes") {
            simulation_.crash(at);
            return simulation_.later(seconds(5), [this, &at] { simulation_.connect(at); });
        }
        const auto time = words.size() == 4 ? parse_duration(words[3])
                                            : Result<Duration>(Error(Code::invalid_argument, ""));
        if (what == "takes" && time) {
            at.temper.usual_ms = *time / std::chrono::milliseconds(1);
        } else if (what == "ahead" && time) {
            at.clock_ahead = *time;
        } else if (what == "behind" && time) {
            at.clock_ahead = -*time;
        } else {
            fail(line, "a host cannot do that");
        }
    }

    // The next execution of a step, on whatever host it is.
    void script(const std::string& step, const std::string& outcome) {
        for (const auto& each : simulation_.hosts()) each->script[StepId(step)] = outcome;
    }

    bool controller(const std::string& text) {
        if (text == "controller crashes") {
            simulation_.kill_controller();
        } else if (text == "another controller starts") {
            simulation_.boot();
        } else if (text == "disk full") {
            simulation_.disk_is_full = true;
        } else if (text == "disk free") {
            simulation_.disk_is_full = false;
        } else {
            return false;
        }
        return true;
    }

    // Why what is expected is not so; nothing: it is.
    std::optional<std::string> judge(const Line& line) {
        Words words = split(line.text);
        if (line.kind == Line::Kind::never) words.insert(words.begin(), "step");
        if (words[0] == "breaker" && words.size() == 3) return breaker(words[1], words[2]);
        if (words.size() < 3 || (words[0] != "release" && words[0] != "step"))
            return "nobody knows what that is";
        const auto id = simulation_.find(words[1]);
        if (!id) return "it was never started";
        const auto state = simulation_.stored(*id);
        if (words[0] == "release") return release(*state, line.text, words);
        return step(*id, *state, line, words);
    }

    std::optional<std::string> breaker(const std::string& name, const std::string& wanted) {
        std::string is = "closed";
        const Controller* at = simulation_.newest();
        if (at == nullptr) return "no controller is there";
        const sequence::State& state = at->engine().state();
        if (const auto found = state.breakers.find(name); found != state.breakers.end())
            is = sequence::to_string(found->second.status);
        for (const auto& [id, release] : state.releases) {
            if (release.spec->name == name) is = sequence::to_string(release.breaker.status);
        }
        if (is == wanted) return {};
        return "it is " + is;
    }

    static std::string tail(const std::string& text, const std::string& after) {
        const std::size_t at = text.find(after);
        return at == std::string::npos ? "" : text.substr(at + after.size());
    }

    static std::optional<std::string> release(const sequence::ReleaseState& state, const std::string& text,
                                              const Words& words) {
        if (words[2] == "says") {
            const std::string wanted = tail(text, " says ");
            if (state.reason.find(wanted) != std::string::npos) return {};
            return "it says: " + state.reason;
        }
        if (words[2] == "without" && words.size() == 4) {
            for (const sequence::LeftOut& each : state.left_out) {
                if (each.host == words[3]) return {};
            }
            return "it is not left out";
        }
        if (words[2] == "names" && words.size() == 4) {
            for (const std::string& each : state.not_undone) {
                if (each.starts_with(words[3] + ":")) return {};
            }
            return fmt::format("it names {}", state.not_undone.empty() ? "nobody" : state.not_undone.front());
        }
        const std::string status(sequence::to_string(state.status()));
        if (status == words[2]) return {};
        return fmt::format("it is {} ({})", status, state.reason);
    }

    std::optional<std::string> step(const ReleaseId& id, const sequence::ReleaseState& state,
                                    const Line& line, const Words& words) {
        const sequence::StepIndex i = state.index->find(StepId(words[2]));
        if (i == sequence::kNone) return "there is no such step";
        const sequence::StepSpec& spec = *(*state.index)[i].spec;
        if (line.kind == Line::Kind::never) {
            int ran = 0;
            for (const auto& each : simulation_.hosts()) {
                for (const auto& [key, journal] : each->journal) {
                    if (key.second == spec.id && journal.release == id) ran += journal.executions;
                }
            }
            const int most = words.back() == "twice" ? 1 : 0;
            if (ran <= most) return {};
            return fmt::format("it ran {} times", ran);
        }
        if (words.size() > 3 && words[3] == "waits") {
            const Controller* at = simulation_.newest();
            if (at == nullptr) return "no controller is there";
            const sequence::State& all = at->engine().state();
            const auto found = all.releases.find(id);
            if (found == all.releases.end()) return "its release has ended";
            const std::string why = sequence::explain(all, found->second, spec, at->engine().now());
            if (why.find(tail(line.text, " waits ")) != std::string::npos) return {};
            return "it says: " + why;
        }
        const std::string status(sequence::to_string(state.steps[i].status));
        if (words.size() > 3 && status == words[3]) return {};
        return fmt::format("it is {} ({})", status, state.steps[i].detail);
    }

    const Story& story_;
    Simulation simulation_;
    Told told_;
};

}  // namespace

Told play(const Story& story) {
    return Player(story).play();
}

}  // namespace signalbox::scenario
