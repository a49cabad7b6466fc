// SPDX-License-Identifier: Apache-2.0
// scenario_runner --seed N [--count M]: tells the story of one seed, or runs many and names those that fail.
#include <charconv>
#include <iostream>
#include <string_view>

#include "simulation.hpp"

int main(int argc, char** argv) {
    std::uint64_t seed = 0, count = 1;
    bool ok = argc >= 3 && argc % 2 == 1;
    for (int i = 1; ok && i + 1 < argc; i += 2) {
        const std::string_view name = argv[i], value = argv[i + 1];
        std::uint64_t& into = name == "--count" ? count : seed;
        ok = (name == "--seed" || name == "--count") &&
             std::from_chars(value.data(), value.data() + value.size(), into).ec == std::errc();
    }
    if (!ok) {
        std::cerr << "usage: scenario_runner --seed N [--count M]\n";
        return 2;
    }
    int failed = 0;
    for (std::uint64_t s = seed; s < seed + count; ++s) {
        const signalbox::scenario::Report report = signalbox::scenario::Simulation(s, count == 1).run();
        for (const std::string& line : report.story) std::cout << line << '\n';
        for (const std::string& violation : report.violations) {
            std::cout << "seed " << s << ": " << violation << '\n';
        }
        if (!report.violations.empty()) ++failed;
    }
    std::cout << failed << " of " << count << " seeds failed\n";
    return failed == 0 ? 0 : 1;
}
