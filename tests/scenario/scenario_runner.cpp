// SPDX-License-Identifier: Apache-2.0
// scenario_runner --seed N [--count M] | --hours H [--seed N]: tells the story of one seed, runs many, or
// runs on from a seed for hours (the nightly mode), until the first that fails. With --expect I it succeeds
// when some seed violates the invariant I: for planted bugs.
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>

#include "chaos.hpp"
#include "story.hpp"

namespace {

struct Options {
    std::uint64_t seed = 1, count = 1, hours = 0;
    std::string expect, story;
};

int play_file(const std::string& path) {
    std::ifstream in(path);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto story = signalbox::scenario::parse_story(text);
    if (!story) {
        std::cout << path << ": " << story.error().to_string() << '\n';
        return 2;
    }
    const signalbox::scenario::Told told = signalbox::scenario::play(*story);
    for (const std::string& line : told.story) std::cout << line << '\n';
    for (const std::string& failure : told.failures) std::cout << path << ": " << failure << '\n';
    return told.failures.empty() ? 0 : 1;
}

// What the sequencer terminates itself on is a failure like any other.
std::uint64_t running = 0;
std::string program;
[[noreturn]] void tell_seed() {
    std::cout << "terminated\nreplay: " << program << " --seed " << running << std::endl;
    std::abort();
}

bool parse(int argc, char** argv, Options& out) {
    if (argc < 3 || argc % 2 != 1) return false;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string_view name = argv[i], value = argv[i + 1];
        if (name == "--expect" || name == "--story") {
            (name == "--expect" ? out.expect : out.story) = value;
            continue;
        }
        std::uint64_t* into = name == "--seed"    ? &out.seed
                              : name == "--count" ? &out.count
                              : name == "--hours" ? &out.hours
                                                  : nullptr;
        if (into == nullptr ||
            std::from_chars(value.data(), value.data() + value.size(), *into).ec != std::errc())
            return false;
    }
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    using namespace signalbox::scenario;
    using Steady = std::chrono::steady_clock;
    Options options;
    if (!parse(argc, argv, options)) {
        std::cerr << "usage: scenario_runner --seed N [--count M | --hours H] [--expect INVARIANT] | --story "
                     "FILE\n";
        return 2;
    }
    if (!options.story.empty()) return play_file(options.story);
    program = argv[0];
    std::set_terminate(tell_seed);
    const auto begin = Steady::now();
    const bool one = options.count == 1 && options.hours == 0;
    std::map<std::string, std::uint64_t> sums;
    std::uint64_t failed = 0, done = 0;
    for (std::uint64_t seed = options.seed;; ++seed, ++done) {
        const bool more = options.hours > 0 ? Steady::now() < begin + std::chrono::hours(options.hours)
                                            : done < options.count;
        if (!more) break;
        running = seed;
        const Report report = run_seed(seed, one);
        for (const std::string& line : report.story) std::cout << line << '\n';
        for (const auto& [ending, count] : report.endings) sums[ending] += static_cast<std::uint64_t>(count);
        sums["commits"] += report.commits;
        sums["crashes"] += static_cast<std::uint64_t>(report.crashes);
        sums["takeovers"] += static_cast<std::uint64_t>(report.takeovers);
        sums["longest wait"] =
            std::max(sums["longest wait"], static_cast<std::uint64_t>(report.longest_wait));
        if (report.violations.empty()) continue;
        ++failed;
        for (const Violation& v : report.violations) {
            if (to_string(v.invariant) == options.expect) {
                std::cout << "found by seed " << seed << ": " << v.what << '\n';
                return 0;
            }
            std::cout << "seed " << seed << ": " << to_string(v.invariant) << ": " << v.what << '\n';
        }
        if (options.expect.empty()) std::cout << "replay: " << argv[0] << " --seed " << seed << std::endl;
        if (options.hours > 0) break;
    }
    const double took = std::chrono::duration<double>(Steady::now() - begin).count();
    for (const auto& [name, sum] : sums) std::cout << name << ": " << sum << '\n';
    std::cout << failed << " of " << done << " seeds failed, in " << took << " s\n";
    return failed == 0 && options.expect.empty() ? 0 : 1;
}
