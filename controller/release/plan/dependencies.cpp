// SPDX-License-Identifier: Apache-2.0
#include "controller/release/plan/dependencies.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <unordered_map>

namespace signalbox::plan {
namespace {

// What is reached from a service, each with the service that it was first reached from.
using Reached = std::unordered_map<std::string, std::string>;

Reached reach(const estate::Estate& estate, const estate::Service& start) {
    Reached out;
    std::vector<const estate::Service*> open{&start};
    for (std::size_t i = 0; i < open.size(); ++i) {
        for (const auto& needed : open[i]->depends_on) {
            if (!out.emplace(needed.value, open[i]->name).second) continue;
            const auto it = estate.services.find(needed.value);
            if (it != estate.services.end()) open.push_back(&it->second);
        }
    }
    return out;
}

// The estate's own check names a circle from its smallest member, in that one's file, which this release may
// not use: here it is named at each of the release's services.
void report_circle(const estate::Service& service, const Reached& reached, estate::Problems& problems) {
    std::vector<std::string> names{service.name};
    do {
        names.push_back(reached.at(names.back()));
    } while (names.back() != service.name);
    std::reverse(names.begin(), names.end());
    const auto edge = std::find_if(service.depends_on.begin(), service.depends_on.end(),
                                   [&](const auto& needed) { return needed.value == names[1]; });
    problems.push_back(
        {edge->at, fmt::format("services depend on each other in a circle: {}", fmt::join(names, " -> ")),
         "Remove one of these dependencies"});
}

}  // namespace

Dependencies::Dependencies(const estate::Estate& estate, std::vector<Part> parts,
                           estate::Problems& problems) {
    std::map<std::string, std::size_t> waiting;  // service -> how many that it needs are not placed yet
    std::map<std::string, std::vector<std::string>> dependents;
    std::map<std::string, std::vector<std::string>> needs;
    std::map<std::string, Part> by_name;
    for (const auto& part : parts) by_name.emplace(part.service->name, part);
    for (const auto& [name, part] : by_name) {
        const Reached reached = reach(estate, *part.service);
        if (reached.contains(name)) report_circle(*part.service, reached, problems);
        for (const auto& [other, from] : reached) {
            if (other == name || !by_name.contains(other)) continue;
            needs[name].push_back(other);
            dependents[other].push_back(name);
        }
        waiting[name] = needs[name].size();
    }

    std::set<std::string> ready;
    for (const auto& [name, count] : waiting) {
        if (count == 0) ready.insert(name);
    }
    std::map<std::string, std::size_t> place;
    while (!ready.empty()) {
        const std::string name = *ready.begin();
        ready.erase(ready.begin());
        place[name] = order_.size();
        order_.push_back(by_name.at(name));
        for (const auto& dependent : dependents[name]) {
            if (--waiting[dependent] == 0) ready.insert(dependent);
        }
    }
    needs_.resize(order_.size());
    for (const auto& [name, at] : place) {
        for (const auto& other : needs[name]) needs_[at].insert(place.at(other));
    }
}

std::vector<std::size_t> Dependencies::last_of(const std::set<std::size_t>& places) const {
    std::vector<std::size_t> out;
    std::vector<bool> covered(order_.size());
    // Whoever depends stands later.
    for (auto it = places.rbegin(); it != places.rend(); ++it) {
        if (covered[*it]) continue;
        out.push_back(*it);
        for (const std::size_t needed : needs_[*it]) covered[needed] = true;
    }
    std::reverse(out.begin(), out.end());
    return out;
}

}  // namespace signalbox::plan
