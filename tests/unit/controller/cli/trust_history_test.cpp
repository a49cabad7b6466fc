// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/trust_history.hpp"

#include <gmock/gmock.h>

#include "tests/fakes/trust_fixture.hpp"

namespace signalbox::cli {
namespace {

using testing::HasSubstr;

class TrustHistory : public testing::Test {
  protected:
    void add(const std::string& text, const std::string& by) {
        auto& version = *answer.add_versions();
        version.set_version(static_cast<std::uint64_t>(answer.versions_size()));
        version.set_published("2026-11-2" + std::to_string(answer.versions_size()) + "T09:00:00Z");
        version.set_by(by);
        version.set_trust(text);
    }
    fakes::TrustFixture fixture;
    v1::GetTrustHistoryResponse answer;
    Instant now = parse_rfc3339("2026-11-24T09:00:00Z").value();
};

TEST_F(TrustHistory, TellsWhenWhoAndWhat) {
    auto next = fixture.file;
    next.version = 2;
    const auto key = fakes::test_key(21);
    next.keys.emplace(key.public_key().id(), trust::TrustedKey{key.public_key(), "token two"});
    next.roles["token"].keyids.insert(key.public_key().id());
    add(fixture.text(), "");
    add(fixture.sign(next), "ann");
    const auto story = tell_trust_story(answer, now, Terminal{});
    ASSERT_TRUE(story.ok()) << story.error().to_string();
    ASSERT_EQ(story->lines.size(), 4U);
    EXPECT_EQ(story->lines[0],
              "version 1, published 2026-11-21T09:00:00Z (3d00h ago), signed by root one, root two");
    EXPECT_EQ(story->lines[2],
              "version 2, published 2026-11-22T09:00:00Z (2d00h ago) by ann, signed by root one, root two");
    EXPECT_THAT(story->lines[3], HasSubstr("+ token: token two ("));
    EXPECT_EQ(story->json["versions"][1]["by"], "ann");
}

TEST_F(TrustHistory, attack_16_a_history_that_the_rules_forbid_is_not_told) {
    auto next = fixture.file;
    next.version = 3;
    add(fixture.text(), "");
    add(fixture.sign(next), "ann");
    const auto story = tell_trust_story(answer, now, Terminal{});
    ASSERT_FALSE(story.ok());
    EXPECT_THAT(story.error().to_string(), HasSubstr("cannot follow"));
}

}  // namespace
}  // namespace signalbox::cli
