// SPDX-License-Identifier: Apache-2.0
// The estate as values: environments, services, calendars, throttles and release manifests, with the place
// where each was written. Format: docs/formats/estate.md. Pure.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/action/command_limits.hpp"
#include "common/crypto/digest.hpp"
#include "controller/calendar/calendar.hpp"
#include "controller/estate/limits.hpp"
#include "controller/estate/problem.hpp"
#include "controller/estate/strategy.hpp"

namespace signalbox::estate {

using Millis = std::chrono::milliseconds;
// An argument vector whose words may hold ${…} templates.
using Argv = std::vector<Located<std::string>>;

struct HostGroup {
    std::string name;
    std::string site;
    std::map<std::string, std::string> select;  // labels that a host must have
    Position at;
};

// A backend of a load balancer: one pool of servers.
struct Traffic {
    std::string name;
    std::string kind;          // haproxy nginx command
    Located<std::string> via;  // the enrolled host whose executor reaches it
    // Two colours: colour -> servers of the backend; otherwise host name -> servers.
    std::map<std::string, std::vector<std::string>> servers;
    Located<std::string> live;  // the colour that serves before the first release; empty without colours
    int weight = 100;           // of a serving server
    Seconds drain{5};
    std::optional<Cap> throttle;
    Position at;

    Located<std::string> socket, backend;          // haproxy
    Located<std::string> file, upstream;           // nginx
    std::map<std::string, std::string> addresses;  // nginx: server -> host:port
    Argv test, reload;                             // nginx
    Argv argv, show;                               // command; show may be empty
};

struct Environment {
    std::string name;
    std::string tier;  // development test staging production
    std::optional<Located<std::string>> promotes_from;
    Located<std::string> calendar;         // empty value: none
    std::map<std::string, int> approvals;  // role -> how many people
    Cap throttle;
    Breaker breaker;
    std::map<std::string, HostGroup> hosts;
    std::map<std::string, Traffic> traffic;
    Position at;
};

struct Calendar {
    calendar::Calendar value;
    Position at;
};

// What a command is given besides its words: secrets, by the name of their file, and limits.
struct Allowance {
    std::map<std::string, std::string> secrets;
    actions::CommandLimits limits;
    Position at;
};

struct HealthCheck {
    std::optional<Located<std::string>> http;  // URL
    int expect = 200;
    Located<std::string> contains;
    Argv argv;  // when there is no http
    Allowance allowance;
    Seconds within{30};
    Millis interval{500};
    int successes = 1;
    Position at;
};

struct Command {
    enum class When { before, after };  // activation; after means after its health check has passed
    std::string name;
    When when = When::before;
    Argv argv;
    Argv undo;  // empty: nothing to undo
    std::string user;
    std::map<std::string, std::string> env;
    Allowance allowance;
    Seconds within{60};
    Position at;
};

// A program that the service is stopped or started with.
struct Run {
    Argv argv;
    std::string user;
    Allowance allowance;
    Seconds within{60};
};

struct Service {
    std::string name;
    std::string owner, support_group, cost_center, criticality;
    std::vector<Located<std::string>> depends_on;
    std::string format;              // of its artifact: tar tar.gz tar.zst
    Run activate;                    // its argv may be empty
    std::optional<Run> stop, start;  // both or neither
    std::optional<HealthCheck> health;
    std::vector<Command> commands;  // in the order of the file
    std::optional<Cap> throttle;
    Position at;
};

struct ArtifactSource {
    std::string url;                       // as written
    std::optional<crypto::Digest> sha256;  // known for blob: and https:
    Position at;
};

// One service of a release.
struct ReleaseService {
    Located<std::string> name;
    std::string version;  // semantic version 2.0.0
    std::string commit;
    ArtifactSource app;
    std::map<std::string, Strategy> strategy;  // by group; a group that is not named is not touched
};

struct Release {
    std::string path_in_estate;
    crypto::Digest sha256;      // of the file
    Located<std::string> name;  // its own, or that of its one service
    std::string version;
    std::vector<ReleaseService> services;  // in the order of the file
    std::vector<std::string> tickets;
    std::vector<Located<std::string>> path;
    std::vector<Located<std::string>> barrier;  // groups
    std::optional<Seconds> step_deadline;       // lowers the deadline of every step
    bool undo_on_failure = true;
    std::string priority = "normal";  // normal emergency
    std::string overrun = "finish";   // finish stop undo
    Seconds jitter{0};
    Breaker breaker;
    Position at;
};

struct Estate {
    std::map<std::string, Environment> environments;
    std::map<std::string, Service> services;
    std::map<std::string, Calendar> calendars;
    std::optional<Throttle> throttle;
    std::map<std::string, Release> releases;  // by path in the repository
};

}  // namespace signalbox::estate
