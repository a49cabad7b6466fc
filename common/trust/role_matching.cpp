// SPDX-License-Identifier: Apache-2.0
#include "common/trust/role_matching.hpp"

#include <algorithm>
#include <deque>
#include <optional>

namespace signalbox::trust {
namespace {

using Index = std::size_t;

class Matching {
  public:
    Matching(const std::vector<int>& places, const std::vector<std::vector<Index>>& eligible)
        : places_(places), eligible_(eligible), role_of_(eligible.size()), filled_(places.size(), 0) {}

    // Looks, breadth first, for a chain of people who each move to another role and end at a free place.
    void seat(Index newcomer) {
        std::vector<std::optional<Index>> asked_by(places_.size());  // role -> the person who wants it
        std::deque<Index> people{newcomer};
        while (!people.empty()) {
            const Index person = people.front();
            people.pop_front();
            for (const Index role : eligible_[person]) {
                if (asked_by[role] || places_[role] <= 0) continue;
                asked_by[role] = person;
                if (filled_[role] < places_[role]) {
                    move_along(role, newcomer, asked_by);
                    return;
                }
                for (Index other = 0; other < role_of_.size(); ++other) {
                    if (role_of_[other] == role) people.push_back(other);
                }
            }
        }
    }

    [[nodiscard]] std::vector<int> filled() && { return std::move(filled_); }

  private:
    void move_along(Index free_role, Index newcomer, const std::vector<std::optional<Index>>& asked_by) {
        ++filled_[free_role];
        for (Index role = free_role;;) {
            const Index person = *asked_by[role];
            const std::optional<Index> left = role_of_[person];
            role_of_[person] = role;
            if (person == newcomer || !left) return;
            role = *left;
        }
    }

    const std::vector<int>& places_;
    const std::vector<std::vector<Index>>& eligible_;
    std::vector<std::optional<Index>> role_of_;
    std::vector<int> filled_;
};

}  // namespace

std::vector<int> fill_roles(const std::vector<int>& places,
                            const std::vector<std::vector<std::size_t>>& eligible) {
    Matching matching(places, eligible);
    for (Index person = 0; person < eligible.size(); ++person) matching.seat(person);
    return std::move(matching).filled();
}

}  // namespace signalbox::trust
