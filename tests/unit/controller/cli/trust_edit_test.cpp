// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/trust_edit.hpp"

#include <gtest/gtest.h>

namespace signalbox::cli {
namespace {

TEST(TrustEdit, AnEnvironmentThatIsMostLikelyMisspeltIsWarnedOf) {
    trust::TrustFile file;
    file.roles["root"];
    EXPECT_EQ(warning_of_new_environment(file, "production"), "") << "the first one";
    file.roles["approve/production/operations"];
    file.roles["approve/production/security"];
    EXPECT_EQ(warning_of_new_environment(file, "production"), "");
    EXPECT_EQ(warning_of_new_environment(file, ""), "") << "not a role of approvers";
    EXPECT_EQ(warning_of_new_environment(file, "prodution"),
              "warning: nobody could approve for prodution so far; did you mean production?");
    EXPECT_EQ(warning_of_new_environment(file, "lab"),
              "warning: nobody could approve for lab so far; the trust file knows production");
}

}  // namespace
}  // namespace signalbox::cli
