// SPDX-License-Identifier: Apache-2.0
#include "controller/access/caller.hpp"

#include <gtest/gtest.h>

namespace signalbox::access {
namespace {

TEST(Caller, HoldsWhatItWasGivenAndAnAdministratorHoldsAll) {
    const Caller auditor{"ann", "0123456789ab", {Role::auditor}, ""};
    EXPECT_TRUE(auditor.holds_any({Role::operator_, Role::auditor}));
    EXPECT_FALSE(auditor.holds_any({Role::operator_}));
    const Caller admin{"root", "0123456789ac", {Role::administrator}, ""};
    EXPECT_TRUE(admin.holds_any({Role::coordinator}));
}

TEST(Caller, NobodyIsAdmittedWhereNoRoleIsNamed) {
    const Caller admin{"root", "0123456789ac", {Role::administrator}, ""};
    EXPECT_FALSE(admin.holds_any({}));
    EXPECT_FALSE(Caller{}.holds_any(all_roles()));
}

TEST(Role, EveryRoleIsReadBackFromItsName) {
    for (const Role role : all_roles()) EXPECT_EQ(*parse_role(to_string(role)), role);
    const auto unknown = parse_role("Operator");
    ASSERT_FALSE(unknown.ok());
    EXPECT_NE(unknown.error().remedy().find("coordinator"), std::string::npos);
}

}  // namespace
}  // namespace signalbox::access
