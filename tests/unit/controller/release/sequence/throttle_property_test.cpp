// SPDX-License-Identifier: Apache-2.0
// Throttles and breakers over random releases and events. A failure names the seed.
#include <gmock/gmock.h>

#include <random>

#include "controller/release/sequence/throttle.hpp"
#include "driver.hpp"

namespace signalbox::sequence {
namespace {

using std::chrono::seconds;

class Game {
  public:
    explicit Game(unsigned seed) : random_(seed) {
        const std::vector<std::string> scopes{"global",    "environment:production", "site:dc1", "site:cloud",
                                              "service:a", "pool:production/front"};
        for (const std::string& scope : scopes) {
            if (scope.starts_with("environment") || pick(0, 1) == 0) caps_[scope] = cap();
        }
        const int releases = pick(1, 3);
        for (int r = 0; r < releases; ++r) start(r);
    }

    void play() {
        for (int turn = 0; turn < 120; ++turn) {
            act();
            check();
        }
    }
    int dispatched = 0;
    int longest_wait = 0;

  private:
    int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

    CapSpec cap() {
        CapSpec out;
        out.max_in_flight = pick(1, 3);
        out.hard_cap = out.max_in_flight + pick(0, 2);
        out.peak_max_in_flight = pick(1, 3);
        Instant at = kStart;
        for (int i = pick(0, 3); i > 0; --i) {
            const Instant from = at + seconds(pick(0, 200));
            at = from + seconds(pick(1, 200));
            out.peaks.push_back({from, at});
        }
        return out;
    }

    void start(int r) {
        StageSpec stage;
        stage.name = "production";
        stage.caps = caps_;
        for (int i = pick(1, 9); i > 0; --i) {
            StepSpec step = make_step("r" + std::to_string(r) + "/" + std::to_string(i),
                                      "host-" + std::to_string(pick(0, 7)), "command.run");
            step.site = pick(0, 1) == 0 ? "dc1" : "cloud";
            step.service = pick(0, 1) == 0 ? "a" : "b";
            step.pool = pick(0, 2) == 0 ? "front" : "";
            step.max_attempts = 3;
            stage.steps.push_back(step);
        }
        ReleaseSpec spec = release_spec("r" + std::to_string(r), r + 1, {stage});
        spec.priority = pick(0, 3) == 0 ? Priority::emergency : Priority::normal;
        spec.undo_on_failure = false;
        driver_.start(spec);
    }

    // Something happens to a step that a token may be out for.
    void act() {
        const std::size_t before = driver_.dispatches.size();
        if (pick(0, 9) == 0) {
            driver_.wait(seconds(pick(1, 60)));
        } else if (const auto one = some_step()) {
            happen(one->first, one->second);
        } else {
            driver_.wait(seconds(pick(30, 400)));
        }
        dispatched += static_cast<int>(driver_.dispatches.size() - before);
    }

    std::optional<std::pair<std::string, std::string>> some_step() {
        std::vector<std::pair<std::string, std::string>> all;
        for (const auto& [id, release] : driver_.state.releases) {
            release.tracking.active.for_each([&, &id = id, &release = release](std::size_t i) {
                all.emplace_back(id.str(), (*release.index)[static_cast<StepIndex>(i)].spec->id.str());
            });
        }
        if (all.empty()) return {};
        return all[static_cast<std::size_t>(pick(0, static_cast<int>(all.size()) - 1))];
    }

    void happen(const std::string& release, const std::string& step) {
        const StepState& at = driver_.at(release, step);
        const AgentId agent =
            driver_.release(release).index->agents()
                [(*driver_.release(release).index)[driver_.release(release).index->find(StepId(step))].agent];
        const ReleaseId id(release);
        switch (pick(0, 6)) {
            case 0:
                return driver_.feed(
                    ExecuteAnswered{id, StepId(step), at.attempt, Answer::refused, "R_NONCE", ""});
            case 1:
                return driver_.feed(
                    QueryAnswered{id, StepId(step), at.asks, Found::never, 0, {}, pick(0, 1) == 0});
            case 2:
                driver_.feed(AgentSeen{agent, false});
                return driver_.feed(AgentSeen{agent, true});
            case 3:
                driver_.report(release, step, Report::started);
                return driver_.report(release, step, Report::finished, pick(0, 4) == 0 ? "failed" : "ok");
            case 4:
                return driver_.report(release, step, Report::finished, "ok");
            default:
                return driver_.mint(release, step);
        }
    }

    // Counted from the states alone. What was started before a peak may still be there in it.
    void check() {
        for (const auto& [scope, cap] : caps_) {
            int held = 0;
            bool emergency = false;
            for (const auto& [id, release] : driver_.state.releases) {
                for (StepIndex i = 0; i < release.index->size(); ++i) {
                    const StepState& step = release.steps[i];
                    const bool alive =
                        step.minted && step.attempt_open && driver_.now < step.token_expires + seconds(60);
                    const bool holds = step.status == StepStatus::dispatched ||
                                       step.status == StepStatus::running ||
                                       (step.status == StepStatus::ready && alive);
                    const auto scopes = scopes_of(*(*release.index)[i].spec, "production");
                    if (!holds || std::find(scopes.begin(), scopes.end(), scope) == scopes.end()) continue;
                    ++held;
                    emergency = emergency || release.spec->priority == Priority::emergency;
                }
            }
            ASSERT_LE(held, emergency ? cap.hard_cap : cap.max_in_flight) << scope;
            ASSERT_EQ(Usage(driver_.state, driver_.now).in_use(scope), held) << scope;
        }
    }

    std::mt19937 random_;
    std::map<std::string, CapSpec> caps_;
    Driver driver_;
};

TEST(ThrottleProperty, NoScopeIsEverOverItsCapWhateverHappens) {
    int dispatched = 0;
    for (unsigned seed = 1; seed <= 300; ++seed) {
        SCOPED_TRACE(seed);
        Game game(seed);
        game.play();
        dispatched += game.dispatched;
        if (testing::Test::HasFatalFailure()) return;
    }
    EXPECT_GT(dispatched, 3000) << "hardly anything happened";
}

TEST(ThrottleProperty, LimitsKeepTheirOrderAtEveryInstant) {
    std::mt19937 random(7);
    const auto pick = [&](int low, int high) {
        return std::uniform_int_distribution<int>(low, high)(random);
    };
    for (int i = 0; i < 2000; ++i) {
        CapSpec cap;
        cap.max_in_flight = pick(1, 20);
        cap.hard_cap = cap.max_in_flight + pick(0, 5);
        cap.peak_max_in_flight = pick(1, 25);
        cap.peaks = {{kStart + seconds(pick(0, 50)), kStart + seconds(pick(51, 100))}};
        const Instant now = kStart + seconds(pick(0, 150));
        EXPECT_EQ(limit_of(cap, Priority::emergency, now), cap.hard_cap);
        EXPECT_LE(limit_of(cap, Priority::normal, now), cap.max_in_flight);
        EXPECT_GE(limit_of(cap, Priority::normal, now), 1);
    }
}

TEST(ThrottleProperty, APeakHoldsFromItsFirstInstantUntilBeforeItsLast) {
    const CapSpec cap{5, 8, 2, {{kStart + seconds(10), kStart + seconds(20)}}};
    const auto limit = [&](Duration after) { return limit_of(cap, Priority::normal, kStart + after); };
    const std::chrono::nanoseconds least(1);
    EXPECT_EQ(limit(seconds(10) - least), 5);
    EXPECT_EQ(limit(seconds(10)), 2);
    EXPECT_EQ(limit(seconds(20) - least), 2);
    EXPECT_EQ(limit(seconds(20)), 5);
    EXPECT_EQ(limit_of(cap, Priority::emergency, kStart + seconds(15)), 8);
}

// Against the rule, counted anew from all that happened.
TEST(BreakerProperty, OpensExactlyWhenItsWindowHoldsTooManyFailures) {
    std::mt19937 random(11);
    const auto pick = [&](int low, int high) {
        return std::uniform_int_distribution<int>(low, high)(random);
    };
    const StepSpec s = make_step("s", "host-s", "command.run");
    const StepSpec other = make_step("other", "host-o", "command.run");
    for (int i = 0; i < 500; ++i) {
        BreakerSpec spec;
        spec.failures = pick(0, 4);
        spec.rate_percent = spec.failures == 0 || pick(0, 1) == 0 ? pick(10, 90) : 0;
        spec.rate_of = pick(1, 6);
        spec.window_s = pick(5, 60);
        spec.half_open_after_s = pick(1, 60);
        Breaker breaker;
        std::vector<std::pair<Instant, bool>> all;
        Instant now = kStart;
        while (breaker.status == BreakerStatus::closed && all.size() < 60) {
            now += seconds(pick(0, 10));
            const bool well = pick(0, 2) > 0;
            note_attempt(breaker, spec, {ReleaseId("r"), s, well}, now);
            all.emplace_back(now, well);
            int count = 0, failed = 0;
            for (const auto& [at, good] : all) {
                if (at < now - seconds(spec.window_s)) continue;
                ++count;
                failed += good ? 0 : 1;
            }
            const bool by_count = spec.failures > 0 && failed >= spec.failures;
            const bool by_rate =
                spec.rate_percent > 0 && count >= spec.rate_of && failed * 100 >= count * spec.rate_percent;
            ASSERT_EQ(breaker.status == BreakerStatus::open, by_count || by_rate) << "case " << i;
        }
        if (breaker.status != BreakerStatus::open) continue;
        const Instant due = *next_change(breaker, spec);
        EXPECT_FALSE(lets_through(breaker, spec, ReleaseId("r"), s));
        advance(breaker, spec, due - seconds(1));
        EXPECT_EQ(breaker.status, BreakerStatus::open);
        advance(breaker, spec, due);
        ASSERT_EQ(breaker.status, BreakerStatus::half_open);
        // One, and only that one.
        EXPECT_TRUE(lets_through(breaker, spec, ReleaseId("r"), s));
        note_start(breaker, ReleaseId("r"), s);
        EXPECT_FALSE(lets_through(breaker, spec, ReleaseId("r"), other));
        EXPECT_FALSE(lets_through(breaker, spec, ReleaseId("other"), s));
        const bool well = pick(0, 1) == 0;
        note_attempt(breaker, spec, {ReleaseId("r"), other, !well}, due);
        ASSERT_EQ(breaker.status, BreakerStatus::half_open) << "only the one that is tried counts";
        note_attempt(breaker, spec, {ReleaseId("r"), s, well}, due);
        EXPECT_EQ(breaker.status, well ? BreakerStatus::closed : BreakerStatus::open);
    }
}

}  // namespace
}  // namespace signalbox::sequence
