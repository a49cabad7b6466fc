// SPDX-License-Identifier: Apache-2.0
#include "random_design.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace signalbox::scenario {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class Maker {
  public:
    explicit Maker(std::mt19937_64& random) : random_(random) {}

    Design make() {
        if (maybe(0.3)) out_.global = limit(2, 4);
        for (const char* site : {"cloud", "dc1"}) {
            if (maybe(0.2)) out_.sites[site] = limit(1, 2);
        }
        std::vector<std::string> groups{"web", "old", "job"};
        groups.resize(static_cast<std::size_t>(pick(1, 3)));
        // Now and then many hosts behind few slots.
        const bool crowd = maybe(0.06);
        if (!crowd && maybe(0.35)) environment("staging", groups, 2);
        environment("production", groups, crowd ? 8 : 3);
        services(groups);
        releases();
        std::erase_if(out_.sites, [&](const auto& site) { return !used_.contains(site.first); });
        return std::move(out_);
    }

  private:
    int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
    bool maybe(double share) { return std::uniform_real_distribution<double>(0, 1)(random_) < share; }

    Span span(int first_minute, int longest) {
        const int from = pick(1, first_minute);
        return {minutes(from), minutes(from + pick(1, longest))};
    }
    LimitDesign limit(int low, int high) {
        LimitDesign out;
        out.max = pick(low, high);
        out.hard = out.max + pick(0, 2);
        if (maybe(0.3)) {
            out.peak = pick(1, out.max);
            out.peak_hours = span(10, 20);
        }
        return out;
    }
    std::string breaker() {
        return maybe(0.5) ? fmt::format("{{failures: {}, window: 5m, half_open_after: {}s}}", pick(1, 3),
                                        pick(10, 90))
                          : fmt::format("{{rate: {}%, rate_of: {}, window: 5m, half_open_after: {}s}}",
                                        pick(20, 60), pick(2, 5), pick(10, 90));
    }

    void environment(const std::string& name, const std::vector<std::string>& groups, int most_hosts) {
        EnvironmentDesign made;
        made.name = name;
        made.limit = limit(1, 3);
        if (maybe(0.25)) made.breaker = breaker();
        for (const std::string& group : groups) {
            GroupDesign g{group, maybe(0.5) ? "cloud" : "dc1", {}};
            used_.insert(g.site);
            for (int i = pick(1, most_hosts); i > 0; --i)
                g.hosts.push_back(fmt::format("{}-{}-{}", name, group, g.hosts.size() + 1));
            made.groups.push_back(std::move(g));
        }
        if (maybe(0.2)) made.closed.push_back({"freeze", span(12, 5)});
        out_.environments.push_back(std::move(made));
    }

    std::string absence(bool colours) {
        const int dice = pick(0, 9);
        if (dice < 6) return "";
        if (dice < 8 || colours) return fmt::format(", offline: fail, offline_after: {}s", pick(5, 90));
        return fmt::format(", offline: skip, offline_after: {}s, quorum: {}%", pick(5, 90),
                           maybe(0.5) ? 50 : 100);
    }

    LaneDesign lane(const std::string& group, bool stops) {
        LaneDesign out{group, "", false, 0};
        switch (pick(0, 5)) {
            case 0:
                out.strategy =
                    fmt::format("kind: rolling, batch: {}", maybe(0.5) ? "50%" : std::to_string(pick(1, 2)));
                break;
            case 1:
            case 2:
                out.strategy = "kind: blue_green";
                if (stops && maybe(0.5))
                    out.strategy += fmt::format(", retire: true, keep: {}s", pick(0, 60));
                if (maybe(0.3)) out.strategy += ", watch: 10s";
                break;
            case 3:
                out.strategy = fmt::format(
                    "kind: canary, steps: [{{percent: 20, pause: {}s{}}}, {{percent: 60, check: true}}]",
                    pick(5, 40), maybe(0.5) ? ", check: true" : "");
                break;
            default:
                out.strategy = fmt::format("kind: in_place, batch: {}", pick(1, 2));
                break;
        }
        out.balanced = !out.colours() && maybe(0.3);
        if ((out.balanced || out.colours()) && maybe(0.2)) out.pool_limit = 1;
        if (maybe(0.3)) out.strategy += fmt::format(", max_attempts: {}", pick(1, 3));
        if (maybe(0.1)) out.strategy += fmt::format(", progress_deadline: {}s", pick(90, 400));
        out.strategy += absence(out.colours());
        return out;
    }

    void services(const std::vector<std::string>& groups) {
        const int count = maybe(0.7) ? pick(1, 2) : pick(3, 4);
        for (int i = 0; i < count; ++i) {
            ServiceDesign made;
            made.name = std::string(1, static_cast<char>('a' + i));
            for (const ServiceDesign& earlier : out_.services) {
                if (maybe(0.4)) made.depends_on.push_back(earlier.name);
            }
            made.commands = maybe(0.2);
            made.stops = maybe(0.3);
            if (maybe(0.15)) made.limit = limit(1, 2);
            const int most = count > 2 ? 1 : 2;
            for (const std::string& group : groups) {
                if (static_cast<int>(made.lanes.size()) < most && maybe(0.6))
                    made.lanes.push_back(lane(group, made.stops));
            }
            if (made.lanes.empty()) made.lanes.push_back(lane(groups.front(), made.stops));
            out_.services.push_back(std::move(made));
        }
    }

    std::string more() {
        static constexpr std::array<const char*, 3> kOverruns{"finish", "stop", "undo"};
        std::string out = fmt::format("overrun: {}\n", kOverruns[static_cast<std::size_t>(pick(0, 2))]);
        if (maybe(0.2)) out += "undo_on_failure: false\n";
        if (maybe(0.2)) out += "priority: emergency\n";
        if (maybe(0.2)) out += fmt::format("jitter: {}s\n", pick(1, 40));
        if (maybe(0.2)) out += "breaker: " + breaker() + "\n";
        return out;
    }

    void releases() {
        const std::size_t count = static_cast<std::size_t>(pick(1, 3));
        for (std::size_t i = 0; i < count; ++i) {
            ReleaseDesign made;
            made.name = fmt::format("r{}", i + 1);
            made.version = fmt::format("1.{}.0", i + 1);
            for (std::size_t s = i % out_.services.size(); s < out_.services.size(); s += count)
                made.services.push_back(out_.services[s].name);
            for (const EnvironmentDesign& environment : out_.environments) {
                if (environment.name == "production" || maybe(0.7)) made.path.push_back(environment.name);
            }
            std::vector<std::string> groups;
            for (const std::string& name : made.services) {
                for (const LaneDesign& lane : out_.service(name)->lanes) groups.push_back(lane.group);
            }
            std::sort(groups.begin(), groups.end());
            groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
            std::shuffle(groups.begin(), groups.end(), random_);
            if (groups.size() > 1 && maybe(0.5)) made.barrier = groups;
            made.more = more();
            made.starts = seconds(pick(1, 120));
            made.opens = maybe(0.2) ? seconds(pick(10, 150)) : seconds(0);
            made.window = maybe(0.3) ? minutes(pick(2, 6)) : minutes(pick(8, 40));
            made.undo_time = maybe(0.5) ? minutes(0) : minutes(pick(1, 20));
            made.approved = maybe(0.5) ? seconds(0) : seconds(pick(1, 60));
            out_.releases.push_back(std::move(made));
        }
    }

    std::mt19937_64& random_;
    Design out_;
    std::set<std::string> used_;
};

}  // namespace

Design random_design(std::mt19937_64& random) {
    return Maker(random).make();
}

}  // namespace signalbox::scenario
