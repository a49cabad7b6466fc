// SPDX-License-Identifier: Apache-2.0
// The enrolled, active hosts by environment, so that thousands of them are found by name or label without
// looking at each. Pure; pointers into the hosts that it was made of, which must outlive it.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "controller/estate/model.hpp"
#include "controller/release/plan/plan.hpp"

namespace signalbox::plan {

using Hosts = std::vector<const Host*>;

// The hosts of one environment.
class EnvironmentFleet {
  public:
    void add(const Host& host) { hosts_.push_back(&host); }
    // Once, after the last was added.
    void sort();

    [[nodiscard]] const Hosts& all() const { return hosts_; }  // by name
    [[nodiscard]] const Host* find(std::string_view name) const;
    // Those of the group's site that have all its labels, by name.
    [[nodiscard]] Hosts select(const estate::HostGroup& group) const;
    // Names that more than one host has.
    [[nodiscard]] std::vector<std::string> twins() const;

  private:
    [[nodiscard]] static std::string label(std::string_view key, std::string_view value);

    Hosts hosts_;
    std::unordered_map<std::string, Hosts> by_label_;  // "key=value"
};

class Fleet {
  public:
    explicit Fleet(std::span<const Host> hosts);
    [[nodiscard]] const EnvironmentFleet& of(const std::string& environment) const;

  private:
    std::map<std::string, EnvironmentFleet> environments_;
    EnvironmentFleet nobody_;
};

// For messages: who is there, the first few.
[[nodiscard]] std::string enrolled_text(const EnvironmentFleet& fleet, const std::string& environment);
[[nodiscard]] std::string labels_text(const std::map<std::string, std::string>& labels);

}  // namespace signalbox::plan
