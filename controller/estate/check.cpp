// SPDX-License-Identifier: Apache-2.0
#include "controller/estate/check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <set>

#include "controller/estate/check_release.hpp"
#include "controller/estate/suggest.hpp"

namespace signalbox::estate {
namespace {

using Edges = std::function<std::vector<Located<std::string>>(const std::string&)>;

// Reports every circle once, named from its smallest member, at the place of the edge that leaves that
// member.
class CircleFinder {
  public:
    CircleFinder(const Edges& edges, std::string_view what, std::string_view remedy, Problems& problems)
        : edges_(edges), what_(what), remedy_(remedy), problems_(problems) {}

    // Depth-first with a stack of its own: a chain of thousands must not overflow the thread's.
    void visit(const std::string& start) {
        if (done_.contains(start)) return;
        push(start);
        while (!stack_.empty()) {
            Frame& top = stack_.back();
            if (top.next == top.edges.size()) {
                done_.insert(top.name);
                on_path_.erase(top.name);
                stack_.pop_back();
                continue;
            }
            const std::string target = top.edges[top.next++].value;
            if (on_path_.contains(target)) {
                report(target);
            } else if (!done_.contains(target)) {
                push(target);
            }
        }
    }

  private:
    struct Frame {
        std::string name;
        std::vector<Located<std::string>> edges;
        std::size_t next = 0;
    };

    void push(const std::string& name) {
        on_path_.insert(name);
        stack_.push_back({name, edges_(name)});
    }
    void report(const std::string& target) {
        auto from =
            std::find_if(stack_.begin(), stack_.end(), [&](const Frame& f) { return f.name == target; });
        std::vector<const Frame*> circle;
        for (; from != stack_.end(); ++from) circle.push_back(&*from);
        const auto smallest = std::min_element(circle.begin(), circle.end(),
                                               [](auto* a, auto* b) { return a->name < b->name; });
        std::rotate(circle.begin(), smallest, circle.end());
        std::vector<std::string> names;
        names.reserve(circle.size() + 1);
        for (const auto* frame : circle) names.push_back(frame->name);
        names.push_back(circle.front()->name);
        const Frame& first = *circle.front();
        problems_.push_back({first.edges[first.next - 1].at,
                             fmt::format("{} in a circle: {}", what_, fmt::join(names, " -> ")),
                             std::string(remedy_)});
    }

    const Edges& edges_;
    std::string_view what_;
    std::string_view remedy_;
    Problems& problems_;
    std::set<std::string> done_;
    std::set<std::string> on_path_;
    std::vector<Frame> stack_;
};

void check_services(const Estate& estate, Problems& problems, Problems& of_services) {
    for (const auto& [name, service] : estate.services) {
        for (const auto& needed : service.depends_on) {
            if (estate.services.contains(needed.value)) continue;
            of_services.push_back(
                {needed.at,
                 fmt::format("service '{}' depends on '{}', which is not in the estate", name, needed.value),
                 suggest(needed.value, keys_of(estate.services))});
        }
    }
    const Edges depends = [&](const std::string& name) {
        const auto it = estate.services.find(name);
        return it == estate.services.end() ? std::vector<Located<std::string>>{} : it->second.depends_on;
    };
    CircleFinder finder(depends, "services depend on each other", "Remove one of these dependencies",
                        problems);
    for (const auto& [name, service] : estate.services) finder.visit(name);
}

void check_promotion(const Estate& estate, Problems& problems, Problems& of_environments) {
    for (const auto& [name, environment] : estate.environments) {
        if (!environment.promotes_from) continue;
        const auto& from = *environment.promotes_from;
        if (from.value.empty() || from.value == name || estate.environments.contains(from.value)) continue;
        of_environments.push_back({from.at, fmt::format("environment '{}' is not in the estate", from.value),
                                   suggest(from.value, keys_of(estate.environments))});
    }
    const Edges promotes = [&](const std::string& name) {
        std::vector<Located<std::string>> out;
        const auto it = estate.environments.find(name);
        if (it != estate.environments.end() && it->second.promotes_from)
            out.push_back(*it->second.promotes_from);
        return out;
    };
    CircleFinder finder(promotes, "environments promote from each other",
                        "Let the first environment promote from nobody", problems);
    for (const auto& [name, environment] : estate.environments) finder.visit(name);
}

void check_approvals(const Environment& environment, Problems& problems) {
    const bool nobody = std::none_of(environment.approvals.begin(), environment.approvals.end(),
                                     [](const auto& role) { return role.second > 0; });
    if (environment.tier == "production" && nobody) {
        problems.push_back(
            {environment.at,
             fmt::format("'{}' is a production environment and asks for no approval", environment.name),
             "Add 'approvals: {operations: 1}'; what counts in the end is the trust file", true});
    }
}

void check_calendar(const Estate& estate, const Environment& environment, Problems& problems) {
    const auto& name = environment.calendar;
    if (name.value.empty() || estate.calendars.contains(name.value)) return;
    std::string remedy = suggest(name.value, keys_of(estate.calendars));
    if (remedy.empty()) {
        remedy = fmt::format("Add calendars/{0}.yaml with 'kind: Calendar' and 'name: {0}'", name.value);
    }
    problems.push_back(
        {name.at, fmt::format("calendar '{:.60}' is not in the estate", name.value), std::move(remedy)});
}

void check_throttle(const Estate& estate, Problems& problems) {
    if (!estate.throttle) return;
    std::set<std::string> sites;
    for (const auto& [name, environment] : estate.environments) {
        for (const auto& [group, hosts] : environment.hosts) sites.insert(hosts.site);
    }
    for (const auto& [site, cap] : estate.throttle->sites) {
        if (sites.contains(site)) continue;
        problems.push_back({cap.at, fmt::format("no host group of the estate is in the site '{:.60}'", site),
                            suggest(site, {sites.begin(), sites.end()})});
    }
}

}  // namespace

std::size_t check_references(const Estate& estate, const Unread& unread, Problems& problems) {
    std::size_t left_out = 0;
    const auto keep = [&](const Problems& found, bool may_follow) {
        if (may_follow) {
            left_out += found.size();
        } else {
            problems.insert(problems.end(), found.begin(), found.end());
        }
    };
    Problems of_services;
    Problems of_environments;
    Problems of_calendars;
    check_services(estate, problems, of_services);
    check_promotion(estate, problems, of_environments);
    for (const auto& [name, environment] : estate.environments) {
        check_approvals(environment, problems);
        check_calendar(estate, environment, of_calendars);
    }
    check_throttle(estate, of_environments);
    for (const auto& [path, release] : estate.releases)
        check_release(estate, release, {problems, of_services, of_environments});
    keep(of_services, unread.services);
    keep(of_environments, unread.environments);
    keep(of_calendars, unread.calendars);
    return left_out;
}

}  // namespace signalbox::estate
