// SPDX-License-Identifier: Apache-2.0
// What a run plays in, as values: hosts, environments with their limits, services and releases. Made from a
// seed or read from a story. For tests only.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "common/base/time.hpp"

namespace signalbox::scenario {

inline const Instant kBegin = from_unix_seconds(1'800'000'000);  // 2027-01-15 08:00:00 UTC, a Friday
inline constexpr const char* kFormerVersion = "1.0.0";

// After the beginning of the run.
struct Span {
    std::chrono::minutes from{0};
    std::chrono::minutes to{0};
};

struct LimitDesign {
    int max = 0;  // 0: no limit is set
    int hard = 0;
    int peak = 0;  // 0: no peak hours
    Span peak_hours;
};

struct GroupDesign {
    std::string name;
    std::string site;
    std::vector<std::string> hosts;  // odd ones are blue, which is live; the others green
};

struct ClosedDesign {
    std::string name;
    Span when;
};

struct EnvironmentDesign {
    std::string name;  // staging production
    LimitDesign limit;
    std::string breaker;  // as the estate writes it, with braces; empty: none
    std::vector<GroupDesign> groups;
    std::vector<ClosedDesign> closed;
};

struct LaneDesign {
    std::string group;
    std::string strategy;   // as the estate writes it, without braces and traffic: "kind: in_place, batch: 2"
    bool balanced = false;  // in place behind a load balancer; two colours always are
    int pool_limit = 0;     // of its traffic; 0: none
    [[nodiscard]] bool colours() const {
        return strategy.find("blue_green") != std::string::npos ||
               strategy.find("canary") != std::string::npos;
    }
};

struct ServiceDesign {
    std::string name;
    std::vector<std::string> depends_on;
    std::vector<LaneDesign> lanes;
    LimitDesign limit;
    bool commands = false;  // before and after its activation, the first with an undo
    bool stops = false;     // it is stopped and started
};

struct ReleaseDesign {
    std::string name;
    std::string version = "1.1.0";
    std::vector<std::string> services;
    std::vector<std::string> path;
    std::vector<std::string> barrier;
    std::string more;   // lines of the manifest: "overrun: undo\njitter: 30s\n"
    Duration starts{};  // after the beginning of the run
    Duration opens{};   // its window, after it was started
    Duration window{std::chrono::hours(1)};
    Duration undo_time{};  // after the window, for undo steps
    Duration approved{};   // when people sign, after it was started
};

struct Design {
    LimitDesign global;
    std::map<std::string, LimitDesign> sites;
    std::vector<EnvironmentDesign> environments;
    std::vector<ServiceDesign> services;
    std::vector<ReleaseDesign> releases;

    [[nodiscard]] const EnvironmentDesign* environment(const std::string& name) const;
    [[nodiscard]] const ServiceDesign* service(const std::string& name) const;
};

// The host that the balancers of an environment are reached through.
[[nodiscard]] inline std::string balancer_of(const std::string& environment) {
    return environment + "-lb";
}

}  // namespace signalbox::scenario
