// SPDX-License-Identifier: Apache-2.0
// Which of a release's services depend on which others of them, also through services that are not among
// them. Pure.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "controller/estate/model.hpp"

namespace signalbox::plan {

// What a release does to a service of the estate.
struct Part {
    const estate::ReleaseService* release = nullptr;
    const estate::Service* service = nullptr;
};

class Dependencies {
  public:
    // Circles through one of the parts are added to `problems`, each named; the order is then of no use.
    Dependencies(const estate::Estate& estate, std::vector<Part> parts, estate::Problems& problems);

    // Shared ones before those that depend on them; otherwise by name.
    [[nodiscard]] const std::vector<Part>& order() const { return order_; }
    // By places in order(): all that the service at `place` depends on, directly or not.
    [[nodiscard]] const std::set<std::size_t>& of(std::size_t place) const { return needs_.at(place); }
    // Those of `places` that no other of them depends on: to wait for these is to wait for all, because each
    // of them waits itself.
    [[nodiscard]] std::vector<std::size_t> last_of(const std::set<std::size_t>& places) const;

  private:
    std::vector<Part> order_;
    std::vector<std::set<std::size_t>> needs_;
};

}  // namespace signalbox::plan
