// SPDX-License-Identifier: Apache-2.0
#include "chaos.hpp"

#include <cmath>

#include "random_design.hpp"

namespace signalbox::scenario {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// So long things go wrong; then everybody comes back, and every release must come to its end.
constexpr Duration kTrouble = minutes(10);

class Chaos {
  public:
    Chaos(std::uint64_t seed, bool tell)
        : random_(seed), simulation_(random_design(random_), random_(), tell, seed % 16 == 0) {}

    Report run() {
        tempers();
        simulation_.boot();
        for (const ReleaseDesign& release : simulation_.world().design().releases)
            try_start(release, release.starts);
        trouble_rate_ = often(0.2);
        people_rate_ = often(0.5);
        if (chance() < 0.2) longest_absence_ = minutes(40);
        host_trouble();
        controller_trouble();
        person();
        simulation_.run_until(kBegin + kTrouble);
        calm();
        for (Instant until = simulation_.now(); until < kBegin + hours(5) && !simulation_.violated();
             until += seconds(20)) {
            simulation_.run_until(until);
            if (to_start_ == 0 && simulation_.all_over() && !regret()) break;
            help();
        }
        if (!simulation_.violated()) simulation_.check_end();
        return simulation_.report();
    }

  private:
    double chance() { return std::uniform_real_distribution<double>(0, 1)(random_); }
    Duration upto(Duration most) {
        return milliseconds(
            static_cast<std::int64_t>(chance() * static_cast<double>(most / milliseconds(1))));
    }
    // 0 in that share of the runs, otherwise anything up to 1.
    double often(double never) { return chance() < never ? 0 : chance(); }
    template <class C>
    auto& one_of(C& all) {
        return all[static_cast<std::size_t>(chance() * static_cast<double>(all.size()))];
    }

    void tempers() {
        simulation_.faults = {0.03 * often(0.3), 0.15 * often(0.3), 0.01 * often(0.3), 0.05 * often(0.6)};
        const double failing = 0.3 * often(0.4);
        for (const auto& host : simulation_.hosts()) {
            host->temper = {failing * chance(), 0.2 * often(0.5),
                            1000 + static_cast<std::int64_t>(12'000 * chance())};
            if (chance() < 0.3) host->clock_ahead = about_right();
        }
    }

    void try_start(const ReleaseDesign& release, Duration after) {
        ++to_start_;
        simulation_.later(after, [this, &release] {
            --to_start_;
            if (!simulation_.start(release)) try_start(release, seconds(30));
        });
    }

    // Again and again, about every so often at the highest rate.
    void every(double rate, Duration mean, const std::function<void()>& what) {
        if (rate <= 0) return;
        const double wait = -std::log(1 - chance()) / rate;
        simulation_.later(
            milliseconds(1 + static_cast<std::int64_t>(wait * static_cast<double>(mean / milliseconds(1)))),
            [this, rate, mean, what] {
                if (calm_) return;
                what();
                every(rate, mean, what);
            });
    }

    void host_trouble() {
        every(trouble_rate_, seconds(25), [this] {
            Host& host = *one_of(simulation_.hosts());
            if (host.gone) return;
            const double dice = chance();
            if (dice < 0.04) return simulation_.replace(host.name);
            if (dice < 0.10) return set_clock(host);
            simulation_.tell(host.name + (dice < 0.5 ? " crashes" : " loses its link"));
            if (dice < 0.5) {
                simulation_.crash(host);
            } else {
                simulation_.disconnect(host, "its link is gone");
            }
            simulation_.later(chance() < 0.7 ? upto(seconds(40)) : upto(minutes(12)),
                              [this, &host] { simulation_.connect(host); });
        });
    }

    // No two clocks are more than 30 s apart: what the rules take for granted.
    Duration about_right() { return seconds(static_cast<int>(31 * chance()) - 15); }

    void set_clock(Host& host) {
        // Within what is tolerated, or so far off that it can do nothing until somebody sets it right.
        const bool far = chance() < 0.3;
        const Duration before = host.clock_ahead;
        host.clock_ahead =
            far ? Duration(minutes(30)) : Duration(seconds(static_cast<int>(50 * chance()) - 25));
        simulation_.tell(host.name + "'s clock is " + std::to_string(host.clock_ahead / seconds(1)) +
                         " s ahead");
        if (far) simulation_.later(upto(minutes(3)), [&host, before] { host.clock_ahead = before; });
    }

    void controller_trouble() {
        every(trouble_rate_, minutes(4), [this] {
            const double dice = chance();
            if (dice < 0.4) return simulation_.kill_controller();
            if (dice < 0.7) return simulation_.boot();  // a second one, while the first lives
            if (dice < 0.85) {
                simulation_.tell("the disk is full");
                simulation_.disk_is_full = true;
                return simulation_.later(upto(seconds(90)), [this] { simulation_.disk_is_full = false; });
            }
            const Duration ahead = about_right();
            simulation_.tell("the controller's clock is " + format_duration(ahead) + " ahead");
            simulation_.set_controller_clock(ahead);
        });
    }

    void person() {
        every(people_rate_, seconds(60), [this] {
            if (simulation_.releases().empty()) return;
            using Kind = sequence::CommandKind;
            const ReleaseId id = one_of(simulation_.releases());
            const double dice = chance();
            (void)simulation_.command(id, dice < 0.3   ? Kind::halt
                                          : dice < 0.8 ? Kind::resume
                                          : dice < 0.9 ? Kind::undo
                                                       : Kind::abort);
        });
    }

    void calm() {
        simulation_.tell("from now on nothing goes wrong");
        calm_ = true;
        simulation_.faults = {};
        simulation_.disk_is_full = false;
        for (const auto& host : simulation_.hosts()) host->temper = {};
    }

    // Whoever is away comes back; a person decides what is halted.
    void help() {
        if (simulation_.newest() == nullptr && chance() < 0.3) simulation_.boot();
        for (const auto& host : simulation_.hosts()) {
            if (!host->gone && host->session == 0 && chance() < 0.3 &&
                simulation_.now() > kBegin + kTrouble + longest_absence_ / 2)
                simulation_.connect(*host);
        }
        for (const ReleaseId& id : simulation_.releases()) {
            const auto* engine = simulation_.newest();
            if (engine == nullptr) return;
            const auto& all = engine->engine().state().releases;
            const auto found = all.find(id);
            if (found == all.end() || !found->second.halted || chance() > 0.3) continue;
            using Kind = sequence::CommandKind;
            const double dice = chance();
            (void)simulation_.command(id, dice < 0.6 ? Kind::resume : dice < 0.9 ? Kind::undo : Kind::abort);
        }
    }

    // Some change their mind when all is over.
    bool regret() {
        if (regretted_ || chance() < 0.7) return false;
        regretted_ = true;
        return simulation_.command(one_of(simulation_.releases()), sequence::CommandKind::undo).ok();
    }

    std::mt19937_64 random_;
    Simulation simulation_;
    double trouble_rate_ = 0, people_rate_ = 0;
    Duration longest_absence_ = minutes(8);
    int to_start_ = 0;
    bool calm_ = false, regretted_ = false;
};

}  // namespace

Report run_seed(std::uint64_t seed, bool tell) {
    return Chaos(seed, tell).run();
}

}  // namespace signalbox::scenario
