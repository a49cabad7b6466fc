// SPDX-License-Identifier: Apache-2.0
#include "controller/release/plan/fleet.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <tuple>

namespace signalbox::plan {

void EnvironmentFleet::sort() {
    std::sort(hosts_.begin(), hosts_.end(), [](auto* a, auto* b) {
        return std::tie(a->name, a->agent_id) < std::tie(b->name, b->agent_id);
    });
    for (const auto* host : hosts_) {
        for (const auto& [key, value] : host->labels) by_label_[label(key, value)].push_back(host);
    }
}

std::string EnvironmentFleet::label(std::string_view key, std::string_view value) {
    return fmt::format("{}={}", key, value);
}

const Host* EnvironmentFleet::find(std::string_view name) const {
    const auto it =
        std::lower_bound(hosts_.begin(), hosts_.end(), name,
                         [](const Host* host, std::string_view wanted) { return host->name < wanted; });
    return it != hosts_.end() && (*it)->name == name ? *it : nullptr;
}

Hosts EnvironmentFleet::select(const estate::HostGroup& group) const {
    // The label that the fewest have leaves the fewest to look at.
    const Hosts* candidates = &hosts_;
    for (const auto& [key, value] : group.select) {
        const auto it = by_label_.find(label(key, value));
        if (it == by_label_.end()) return {};
        if (it->second.size() < candidates->size()) candidates = &it->second;
    }
    Hosts out;
    for (const auto* host : *candidates) {
        const bool labels = std::all_of(group.select.begin(), group.select.end(), [&](const auto& wanted) {
            const auto it = host->labels.find(wanted.first);
            return it != host->labels.end() && it->second == wanted.second;
        });
        if (labels && host->site == group.site) out.push_back(host);
    }
    return out;
}

std::vector<std::string> EnvironmentFleet::twins() const {
    std::vector<std::string> out;
    for (std::size_t i = 1; i < hosts_.size(); ++i) {
        if (hosts_[i]->name == hosts_[i - 1]->name) out.push_back(hosts_[i]->name);
    }
    return out;
}

Fleet::Fleet(std::span<const Host> hosts) {
    for (const auto& host : hosts) environments_[host.environment].add(host);
    for (auto& [name, environment] : environments_) environment.sort();
}

const EnvironmentFleet& Fleet::of(const std::string& environment) const {
    const auto it = environments_.find(environment);
    return it == environments_.end() ? nobody_ : it->second;
}

std::string labels_text(const std::map<std::string, std::string>& labels) {
    std::vector<std::string> parts;
    parts.reserve(labels.size());
    for (const auto& [key, value] : labels) parts.push_back(fmt::format("{}={}", key, value));
    return parts.empty() ? "(any)" : fmt::format("{}", fmt::join(parts, ","));
}

std::string enrolled_text(const EnvironmentFleet& fleet, const std::string& environment) {
    if (fleet.all().empty()) return fmt::format("No host of '{}' is enrolled and active", environment);
    std::vector<std::string> parts;
    for (const auto* host : fleet.all()) {
        if (parts.size() == 8) {
            parts.emplace_back("…");
            break;
        }
        parts.push_back(fmt::format("{} (site {}, {})", host->name, host->site, labels_text(host->labels)));
    }
    return fmt::format("Active in '{}': {}", environment, fmt::join(parts, "; "));
}

}  // namespace signalbox::plan
