// SPDX-License-Identifier: Apache-2.0
// The estate as values: environments, services and release manifests, with the place where each was written.
// Format: docs/formats/estate.md. Pure.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/time.hpp"
#include "common/crypto/digest.hpp"
#include "controller/estate/problem.hpp"

namespace signalbox::estate {

using Seconds = std::chrono::seconds;
using Millis = std::chrono::milliseconds;
// An argument vector whose words may hold ${…} templates.
using Argv = std::vector<Located<std::string>>;

struct HostGroup {
    std::string name;
    std::string site;
    std::map<std::string, std::string> select;  // labels that a host must have
    Position at;
};

struct Traffic {
    std::string name;
    std::string kind;  // haproxy
    Located<std::string> socket;
    Located<std::string> backend;
    Located<std::string> via;  // the enrolled host whose executor reaches the socket
    // blue_green: colour -> servers of the backend; in_place: host name -> servers.
    std::map<std::string, std::vector<std::string>> servers;
    Located<std::string> live;  // the colour that serves before the first release; empty when not blue_green
    int weight = 100;           // of a serving server
    Seconds drain{5};
    Position at;
};

struct Environment {
    std::string name;
    std::string tier;  // development test staging production
    std::optional<Located<std::string>> promotes_from;
    std::string calendar;
    std::map<std::string, int> approvals;  // role -> how many people
    int max_in_flight = 1;
    std::map<std::string, HostGroup> hosts;
    std::map<std::string, Traffic> traffic;
    Position at;
};

struct HealthCheck {
    std::optional<Located<std::string>> http;  // URL
    int expect = 200;
    Located<std::string> contains;
    Argv argv;  // when there is no http
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
    Seconds within{60};
    Position at;
};

struct Service {
    std::string name;
    std::string owner, support_group, cost_center, criticality;
    std::vector<Located<std::string>> depends_on;
    std::string format;  // of its artifact: tar tar.gz tar.zst
    Argv activate;       // may be empty
    std::string activate_user;
    Seconds activate_within{60};
    std::optional<HealthCheck> health;
    std::vector<Command> commands;  // in the order of the file
    Position at;
};

struct Strategy {
    std::string group;
    std::string kind;  // in_place blue_green
    int batch = 1;
    Located<std::string> traffic;     // empty value: none
    std::optional<int> max_attempts;  // in place of the defaults
    Position at;
};

struct ArtifactSource {
    std::string url;                       // as written
    std::optional<crypto::Digest> sha256;  // known for blob: and https:
    Position at;
};

struct Release {
    std::string path_in_estate;
    crypto::Digest sha256;  // of the file
    Located<std::string> service;
    std::string version;  // semantic version 2.0.0
    std::string commit;
    std::vector<std::string> tickets;
    ArtifactSource app;
    std::vector<Located<std::string>> path;
    std::map<std::string, Strategy> strategy;  // by group; a group that is not named is not touched
    std::vector<Located<std::string>> barrier;
    std::optional<Seconds> step_deadline;  // lowers the deadline of every step
    bool undo_on_failure = true;
    Position at;
};

struct Estate {
    std::map<std::string, Environment> environments;
    std::map<std::string, Service> services;
    std::map<std::string, Release> releases;  // by path in the repository
};

}  // namespace signalbox::estate
