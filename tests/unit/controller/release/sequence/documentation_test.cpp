// SPDX-License-Identifier: Apache-2.0
// docs/sequencer.md holds the sequencer's tables as they are in the code. To write them anew:
// SIGNALBOX_WRITE_DOCS=1 controller_release_sequence_test --gtest_filter='Documentation.*'
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "controller/release/sequence/transitions.hpp"

namespace signalbox::sequence {
namespace {

constexpr auto kPage = SIGNALBOX_SOURCE_DIR "/docs/sequencer.md";

template <class Table>
std::string rows(const Table& table) {
    std::string out = "| from | to | when |\n|---|---|---|\n";
    for (const auto& each : table) {
        out += "| " + std::string(to_string(each.from)) + " | " + std::string(to_string(each.to)) + " | " +
               std::string(each.when) + " |\n";
    }
    return out;
}

void compare(const std::string& mark, const std::string& table) {
    std::ifstream in(kPage);
    std::string page{std::istreambuf_iterator<char>(in), {}};
    const std::string begin = "<!-- " + mark + " -->\n", end = "<!-- end of " + mark + " -->\n";
    const std::size_t from = page.find(begin), to = page.find(end);
    ASSERT_NE(from, std::string::npos) << begin;
    ASSERT_NE(to, std::string::npos) << end;
    const std::size_t at = from + begin.size();
    if (std::getenv("SIGNALBOX_WRITE_DOCS") != nullptr) {
        std::ofstream(kPage) << page.substr(0, at) << table << page.substr(to);
        return;
    }
    EXPECT_EQ(page.substr(at, to - at), table) << "docs/sequencer.md must have this table between its marks";
}

TEST(Documentation, HasTheTableOfSteps) {
    compare("transitions of steps", rows(kStepTransitions));
}

TEST(Documentation, HasTheTableOfCourses) {
    compare("transitions of courses", rows(kCourseTransitions));
}

}  // namespace
}  // namespace signalbox::sequence
