// SPDX-License-Identifier: Apache-2.0
// Every story of the folder, and that runs by chance are eventful enough to prove anything. The seeds
// themselves are run by scenario_runner, in shards: CMakeLists.txt.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "chaos.hpp"
#include "story.hpp"

namespace signalbox::scenario {
namespace {

std::vector<std::filesystem::path> files() {
    std::vector<std::filesystem::path> out;
    for (const auto& entry :
         std::filesystem::directory_iterator(SIGNALBOX_SOURCE_DIR "/tests/scenario/scenarios")) {
        out.push_back(entry.path());
    }
    std::sort(out.begin(), out.end());
    return out;
}

class StoryFile : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(StoryFile, HappensAsItIsWritten) {
    std::ifstream in(GetParam());
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto story = parse_story(text);
    ASSERT_TRUE(story.ok()) << story.error().to_string();
    const Told told = play(*story);
    for (const std::string& failure : told.failures) ADD_FAILURE() << failure;
    if (told.failures.empty()) return;
    std::string all;
    for (const std::string& line : told.story) all += line + "\n";
    ADD_FAILURE() << all << "replay: scenario_runner --story " << GetParam().string();
}

INSTANTIATE_TEST_SUITE_P(Scenarios, StoryFile, testing::ValuesIn(files()), [](const auto& file) {
    std::string name = file.param.stem().string();
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
});

TEST(StoryFormat, ALineThatNobodyKnowsIsNamed) {
    const auto story = parse_story("# a comment\n\nhost production web: web-1\n");
    ASSERT_FALSE(story.ok());
    EXPECT_NE(story.error().message().find("line 3"), std::string::npos) << story.error().message();
}

TEST(StoryFormat, AnExpectationThatDoesNotComeTrueFails) {
    const auto story = parse_story(
        "hosts production old: old-1\nservice shop\nlane shop old: kind: in_place\n"
        "release shop 1.1.0 of shop on production window 1h\nat 1s start shop\n"
        "expect release shop undone by 1m\nexpect never shop production/old-1/activate\n");
    ASSERT_TRUE(story.ok()) << story.error().to_string();
    EXPECT_EQ(play(*story).failures.size(), 2U);
}

TEST(Chance, EverythingThatCanHappenHappens) {
    std::map<std::string, int> endings;
    int crashes = 0, takeovers = 0;
    for (std::uint64_t seed = 100'001; seed <= 100'200; ++seed) {
        const Report report = run_seed(seed, false);
        EXPECT_TRUE(report.violations.empty()) << "replay: scenario_runner --seed " << seed;
        for (const auto& [ending, count] : report.endings) endings[ending] += count;
        crashes += report.crashes;
        takeovers += report.takeovers;
    }
    EXPECT_GT(crashes, 100);
    EXPECT_GT(takeovers, 20);
    for (const char* ending : {"succeeded", "undone", "undone_partly", "failed", "aborted"}) {
        EXPECT_GT(endings[ending], 0) << ending;
    }
}

TEST(Chance, TheSameSeedIsTheSameRun) {
    EXPECT_EQ(run_seed(7, true).story, run_seed(7, true).story);
    EXPECT_NE(run_seed(7, true).story, run_seed(8, true).story);
}

}  // namespace
}  // namespace signalbox::scenario
