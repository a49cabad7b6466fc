// SPDX-License-Identifier: Apache-2.0
// The table against the descriptors, and every method against every role.
#include "controller/api/method_table.hpp"

#include <gtest/gtest.h>

#include <set>

#include "controller/access/service.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::api {
namespace {

using access::Role;
using access::Roles;

const google::protobuf::FileDescriptor& operator_file() {
    return *v1::GetStatusRequest::descriptor()->file();
}

TEST(MethodTable, HasEveryMethodOfTheOperatorServicesAndNoOther) {
    const auto table = method_table({});
    std::set<std::string> expected;
    for (int i = 0; i < operator_file().service_count(); ++i) {
        const auto& service = *operator_file().service(i);
        for (int j = 0; j < service.method_count(); ++j) {
            const auto& method = *service.method(j);
            const std::string name = service.full_name() + "/" + method.name();
            expected.insert(name);
            const auto found = table.find(name);
            ASSERT_NE(found, table.end()) << name << " has no row: nobody could call it";
            EXPECT_FALSE(found->second.needs.any_of.empty()) << name;
            EXPECT_EQ(found->second.request_prototype->GetDescriptor(), method.input_type()) << name;
            EXPECT_TRUE(found->second.handler) << name;
        }
    }
    for (const auto& entry : table) EXPECT_TRUE(expected.contains(entry.first)) << entry.first;
    EXPECT_GE(expected.size(), 29U);
}

// Who may call what, written down a second time on purpose: a change of the table must be meant.
const std::map<std::string, Roles>& matrix() {
    static const Roles everybody{Role::administrator, Role::operator_, Role::coordinator, Role::approver,
                                 Role::auditor};
    static const Roles admin{Role::administrator};
    static const Roles access_readers{Role::administrator, Role::auditor};
    static const Roles hosts{Role::administrator, Role::operator_};
    static const Roles releases{Role::administrator, Role::coordinator};
    static const Roles running{Role::administrator, Role::operator_, Role::coordinator};
    static const Roles overseeing{Role::administrator, Role::operator_, Role::coordinator, Role::auditor};
    static const Roles approving{Role::administrator, Role::approver};
    static const std::map<std::string, Roles> out{
        {"StatusService/Get", everybody},
        {"AccessService/WhoAmI", everybody},
        {"AccessService/CreateApiKey", admin},
        {"AccessService/ListApiKeys", access_readers},
        {"AccessService/RevokeApiKey", admin},
        {"TrustService/Get", everybody},
        {"TrustService/Publish", admin},
        {"TrustService/History", everybody},
        {"TrustService/ListTokenKeys", access_readers},
        {"TrustService/PrepareTokenKey", admin},
        {"FleetService/CreateJoinToken", admin},
        {"FleetService/ListAgents", everybody},
        {"FleetService/ShowAgent", everybody},
        {"FleetService/SetAgentState", hosts},
        {"FleetService/ShowAuthority", everybody},
        {"FleetService/PrepareAuthority", admin},
        {"FleetService/RetireAuthority", admin},
        {"EstateService/SetSource", admin},
        {"EstateService/Check", everybody},
        {"ArtifactService/BeginUpload", releases},
        {"ArtifactService/PutChunk", releases},
        {"ArtifactService/FinishUpload", releases},
        {"ArtifactService/Import", releases},
        {"ArtifactService/List", everybody},
        {"SecretService/Set", admin},
        {"SecretService/List", overseeing},
        {"SecretService/Remove", admin},
        {"ReleaseService/Plan", everybody},
        {"ReleaseService/Start", releases},
        {"ReleaseService/Get", everybody},
        {"ReleaseService/List", everybody},
        {"ReleaseService/GetApprovals", everybody},
        {"ReleaseService/Approve", approving},
        {"ReleaseService/Withdraw", approving},
        {"ReleaseService/RevokeStanding", approving},
        {"ReleaseService/Halt", running},
        {"ReleaseService/Resume", running},
        {"ReleaseService/Abort", running},
        {"ReleaseService/Undo", running},
        {"ReleaseService/Throttle", overseeing},
        {"ReleaseService/Explain", everybody},
        {"ReleaseService/Timeline", everybody},
        {"LedgerService/GetCheckpoint", everybody},
        {"LedgerService/ListEntries", everybody},
        {"LedgerService/Prove", everybody},
    };
    return out;
}

TEST(MethodTable, LetsInExactlyTheRolesOfTheMatrix) {
    const auto table = method_table({});
    EXPECT_EQ(table.size(), matrix().size());
    for (const auto& entry : table) {
        const auto expected = matrix().find(entry.first.substr(std::string("signalbox.v1.").size()));
        ASSERT_NE(expected, matrix().end()) << entry.first << " is not in the matrix";
        for (const auto role : access::all_roles()) {
            const access::Caller caller{"x", "", {role}, ""};
            EXPECT_EQ(caller.holds_any(entry.second.needs.any_of), expected->second.contains(role))
                << entry.first << " as " << to_string(role);
        }
        EXPECT_FALSE((access::Caller{"x", "", {}, ""}).holds_any(entry.second.needs.any_of)) << entry.first;
    }
}

}  // namespace
}  // namespace signalbox::api
