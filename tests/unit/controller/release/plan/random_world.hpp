// SPDX-License-Identifier: Apache-2.0
// Random estates, fleets and releases of several services, made from a seed: the same seed makes the same.
#pragma once

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "controller/estate/load.hpp"
#include "controller/release/plan/compile.hpp"

namespace signalbox::plan {

struct RandomWorld {
    std::vector<estate::SourceFile> files;
    std::vector<Host> hosts;
    std::vector<artifact::ArtifactRecord> artifacts;
    std::map<std::string, std::set<std::string>>
        depends;                    // service -> all that it depends on, in the release
    std::set<std::string> colours;  // lanes "service/group" that have colours
    std::set<std::string> barrier;  // groups
};

class WorldMaker {
  public:
    explicit WorldMaker(unsigned seed) : random_(seed) {}

    [[nodiscard]] RandomWorld make();
    template <class T>
    void shuffle(std::vector<T>& values) {
        std::shuffle(values.begin(), values.end(), random_);
    }

  private:
    void add_services(RandomWorld& world, int count);
    std::string add_lane(RandomWorld& world, const std::string& service, const std::string& group,
                         int number);
    std::string in_place(int hosts);
    int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
    bool toss() { return pick(0, 1) == 1; }

    std::mt19937 random_;
    std::string hosts_, traffic_;
};

}  // namespace signalbox::plan
