// SPDX-License-Identifier: Apache-2.0
#include "controller/release/story/spans.hpp"

#include <gmock/gmock.h>

#include "tests/unit/controller/release/sequence/driver.hpp"

namespace signalbox::story {
namespace {

using namespace sequence;

constexpr const char* kId = "pay-1";

TEST(Spans, FollowWaitTokenAndRunOfEachAttempt) {
    Driver driver;
    driver.start(release_spec(kId, 1,
                              {make_stage("production", 1,
                                          {make_step("production/a/activate", "a", "release.activate"),
                                           make_step("production/b/activate", "b", "release.activate")})}));
    driver.mint(kId, "production/a/activate");
    driver.report(kId, "production/a/activate", Report::started);
    driver.wait(std::chrono::seconds(20));
    driver.report(kId, "production/a/activate", Report::finished, "failed");
    Spans spans{ReleaseId(kId)};
    for (const TimedEvent& event : driver.history) spans.add(event);
    const auto all = spans.spans();
    std::vector<std::string> short_words;
    for (const Span& span : all) {
        short_words.push_back(span.step.str().substr(11, 1) + " " + std::string(to_string(span.kind)) + " " +
                              std::to_string(span.attempt));
    }
    // b takes the slot while a waits for its second attempt.
    EXPECT_THAT(short_words,
                testing::ElementsAre("a sent 1", "a runs 1", "a waits 1", "b waits 0", "b sent 1"));
    EXPECT_EQ(std::chrono::round<std::chrono::seconds>(all[1].to - all[1].from), std::chrono::seconds(20));
    EXPECT_EQ(all[2].to, Instant{});
    EXPECT_THAT(all[3].why, testing::HasSubstr("waits for its turn"));
    ASSERT_FALSE(spans.marks().empty());
    EXPECT_EQ(spans.marks().back().text, "production begins");
}

}  // namespace
}  // namespace signalbox::story
