// SPDX-License-Identifier: Apache-2.0
// release.activate and release.revert: the way there and the way back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/executor/actions/current_link.hpp"
#include "agent/executor/actions/release_activate/activate.hpp"
#include "agent/executor/actions/release_revert/revert.hpp"
#include "tests/support/executor/step_scene.hpp"

namespace signalbox::actions {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class Release : public ::testing::Test {
  protected:
    crypto::Digest staged(const std::string& name) {
        const crypto::Digest digest = crypto::sha256(name);
        fs::create_directories(release_folder(scene.root(), digest));
        std::ofstream(release_folder(scene.root(), digest) + "/name") << name;
        return digest;
    }
    StepResult activate(const std::string& step, const crypto::Digest& artifact,
                        std::vector<std::string> argv = {}) {
        StepContext context = scene.context(step);
        return perform_body(ReleaseActivate{artifact, {std::move(argv), "", {}}}, context);
    }
    StepResult revert(const std::string& of, std::vector<std::string> argv = {}) {
        StepContext context = scene.context(of + "!undo");
        return perform_body(ReleaseRevert{StepId{of}, {std::move(argv), "", {}}}, context);
    }
    Stage scene;
};

TEST_F(Release, there_and_back_with_the_commands_environment) {
    const auto one = staged("one"), two = staged("two");
    EXPECT_EQ(activate("a", one).code, "ok");
    const StepResult result =
        activate("b", two, {"/bin/sh", "-c", "cat current/name; pwd; echo $SIGNALBOX_STEP_ID"});
    ASSERT_EQ(result.code, "ok") << result.detail;
    EXPECT_EQ(result.out->kept, "two" + scene.root() + "\nb\n");
    EXPECT_EQ(result.before, crypto::sha256(target_of(one)));
    EXPECT_EQ(result.after, crypto::sha256(target_of(two)));
    EXPECT_EQ(revert("b", {"/bin/cat", "current/name"}).out->kept, "one");
    EXPECT_EQ(revert("a").code, "ok");
    EXPECT_FALSE(fs::exists(fs::symlink_status(scene.root() + "/current")));  // there was none before
}

TEST_F(Release, a_second_attempt_keeps_the_first_ones_way_back) {
    const auto one = staged("one"), two = staged("two");
    EXPECT_EQ(activate("a", one).code, "ok");
    EXPECT_EQ(activate("b", two, {"/bin/false"}).code, "failed");
    EXPECT_EQ(activate("b", two, {"/bin/true"}).code, "ok");
    EXPECT_EQ(revert("b").code, "ok");
    EXPECT_EQ(scene.read("current/name"), "one");
}

TEST_F(Release, going_back_never_undoes_somebody_elses_release) {
    const auto one = staged("one"), two = staged("two"), three = staged("three");
    EXPECT_EQ(activate("a", one).code, "ok");
    EXPECT_EQ(activate("b", two).code, "ok");
    EXPECT_EQ(activate("c", three).code, "ok");
    const StepResult result = revert("b");
    EXPECT_EQ(result.code, "failed");
    EXPECT_THAT(result.detail, HasSubstr("another release is live"));
    EXPECT_EQ(scene.read("current/name"), "three");
    EXPECT_EQ(revert("never").code, "nothing_to_do");
}

TEST_F(Release, what_is_not_staged_or_not_ours_is_refused) {
    EXPECT_THAT(activate("a", crypto::sha256("nothing")).detail, HasSubstr("is not staged"));
    const auto one = staged("one");
    std::ofstream(scene.root() + "/current") << "a file";
    EXPECT_THAT(activate("a", one).detail, HasSubstr("is not a symbolic link"));
    EXPECT_EQ(scene.read("current"), "a file");
}

}  // namespace
}  // namespace signalbox::actions
