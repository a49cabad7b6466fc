// SPDX-License-Identifier: Apache-2.0
// The actions of a plan as canonical JSON: docs/formats/action.md. Pure.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "common/action/command_limits.hpp"
#include "common/model/ids.hpp"
#include "common/secret/secret.hpp"
#include "controller/estate/model.hpp"
#include "controller/release/plan/plan.hpp"

namespace signalbox::plan {

struct Action {
    std::string kind;
    std::string bytes;  // canonical
    std::chrono::seconds deadline{0};
};

using Words = std::vector<std::string>;
using Weights = std::map<std::string, int>;

// What a command is given besides its words.
struct Given {
    secret::References secrets;
    actions::CommandLimits limits;
};

// A health check; templates are expanded.
struct Check {
    std::string url;  // empty: `argv` is run instead
    int expect = 200;
    std::string contains;
    Words argv;
    Given given;
    std::chrono::seconds within{30};
    std::chrono::milliseconds interval{500};
    std::int64_t successes = 1;
};

// Where a traffic's weights are set; templates are expanded. What its adapter does not use is empty.
struct Balancer {
    std::string socket;  // haproxy
    std::string file;    // nginx
    Words test, reload;  // nginx
    Words argv, show;    // command
};

// Of one service; every action carries its name.
class ActionWriter {
  public:
    explicit ActionWriter(std::string service) : service_(std::move(service)) {}

    [[nodiscard]] Action stage(const ArtifactRef& artifact, std::chrono::seconds deadline) const;
    [[nodiscard]] Action activate(const ArtifactRef& artifact, const Words& argv, const std::string& user,
                                  const Given& given, std::chrono::seconds deadline) const;
    [[nodiscard]] Action revert(const StepId& of, const Words& argv, const std::string& user,
                                const Given& given, std::chrono::seconds deadline) const;
    [[nodiscard]] Action check(const Check& check, std::chrono::seconds deadline) const;
    // `expect` empty: the weights before do not matter.
    [[nodiscard]] Action shift(const estate::Traffic& traffic, const Balancer& balancer,
                               const Weights& weights, const Weights& expect,
                               std::chrono::seconds deadline) const;
    [[nodiscard]] Action run(const Words& argv, const std::string& user,
                             const std::map<std::string, std::string>& env, const Given& given,
                             std::chrono::seconds deadline) const;

  private:
    std::string service_;
};

}  // namespace signalbox::plan
