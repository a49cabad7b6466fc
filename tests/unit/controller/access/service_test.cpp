// SPDX-License-Identifier: Apache-2.0
#include "controller/access/service.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "controller/access/api_key.hpp"
#include "tests/fakes/access_store.hpp"
#include "tests/fakes/fixed_random.hpp"
#include "tests/fakes/ledger_store.hpp"
#include "tests/fakes/manual_clock.hpp"
#include "tests/fakes/manual_strand.hpp"

namespace signalbox::access {
namespace {

class AccessServiceTest : public testing::Test {
  protected:
    void SetUp() override {
        path = testing::TempDir() + "bootstrap-" + std::to_string(::getpid()) + ".json";
        write_bootstrap(admin);
        ASSERT_TRUE(service.import_bootstrap(path).ok());
    }
    void TearDown() override { std::remove(path.c_str()); }
    void write_bootstrap(const ApiKeyText& key) const {
        std::ofstream(path, std::ios::trunc)
            << R"({"id":")" << key.id << R"(","name":"admin","role":"administrator","key_sha256":")"
            << crypto::sha256(key.secret).hex() << "\"}";
    }
    Result<v1::CreateApiKeyResponse> create(const std::string& name, const std::vector<std::string>& roles,
                                            const std::string& kid = "") {
        v1::CreateApiKeyRequest request;
        request.set_name(name);
        for (const auto& role : roles) request.add_roles(role);
        request.set_approver_kid(kid);
        return service.create({"admin", admin.id, {Role::administrator}, ""}, request);
    }
    Result<v1::RevokeApiKeyResponse> revoke(const std::string& id) {
        v1::RevokeApiKeyRequest request;
        request.set_id(id);
        return service.revoke({"admin", admin.id, {Role::administrator}, ""}, request);
    }

    fakes::ManualClock clock;
    fakes::ManualStrand strand{clock};
    fakes::FixedRandom random;
    fakes::LedgerStore ledger_store;
    fakes::FakeAccessStore store;
    crypto::SigningKey ledger_key = crypto::SigningKey::generate();
    ledger::Ledger ledger{ClusterId("test"), ledger_key, ledger_store, strand, clock};
    ApiKeyText admin = generate_api_key(random);
    std::string approver = crypto::SigningKey::generate().public_key().id().str();
    AccessService service{store, ledger, random, clock};
    std::string path;
};

TEST_F(AccessServiceTest, TheBootstrapKeyWorksAndIsTakenOnce) {
    EXPECT_EQ(service.authenticate(admin.line())->name, "admin");
    EXPECT_EQ(store.entries(), 1);
    EXPECT_FALSE(std::filesystem::exists(path)) << "that it is gone says that there must be a store";
    const auto other = generate_api_key(random);
    write_bootstrap(other);
    ASSERT_TRUE(service.import_bootstrap(path).ok());
    EXPECT_FALSE(service.authenticate(other.line()).ok());
    EXPECT_EQ(store.entries(), 1);
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(AccessServiceTest, AKeyIsShownOnceWorksUntilRevokedAndEveryChangeIsInTheLedger) {
    const auto made = create("pipeline", {"coordinator", "auditor"}, approver);
    ASSERT_TRUE(made.ok()) << made.error().to_string();
    const auto caller = service.authenticate(made->api_key());
    ASSERT_TRUE(caller.ok());
    EXPECT_EQ(caller->roles, (Roles{Role::coordinator, Role::auditor}));
    EXPECT_EQ(caller->approver_kid, approver);

    const auto listed = service.list(*caller, {});
    ASSERT_EQ(listed->keys_size(), 2);
    const auto secret = parse_api_key(made->api_key())->secret;
    EXPECT_EQ(listed->ShortDebugString().find(secret), std::string::npos);

    ASSERT_TRUE(revoke(caller->key_id).ok());
    EXPECT_FALSE(service.authenticate(made->api_key()).ok());
    EXPECT_EQ(revoke(caller->key_id).error().code(), Code::failed_precondition);
    EXPECT_EQ(store.entries(), 3);
}

TEST_F(AccessServiceTest, EveryWrongKeyGetsTheSameAnswer) {
    auto wrong_secret = admin;
    wrong_secret.secret[0] = wrong_secret.secret[0] == 'A' ? 'B' : 'A';
    auto wrong_id = admin;
    wrong_id.id[0] = wrong_id.id[0] == 'a' ? 'b' : 'a';
    for (const auto& key :
         {wrong_secret.line(), wrong_id.line(), std::string("sbk_"), std::string(), admin.line() + "x",
          std::string(1000, 'a'), "sbk_" + admin.id + "_" + std::string(43, '!')}) {
        const auto refused = service.authenticate(key);
        ASSERT_FALSE(refused.ok()) << key;
        EXPECT_EQ(refused.error().code(), Code::unauthenticated);
        EXPECT_EQ(refused.error().message(), "this API key is not valid");
    }
}

TEST_F(AccessServiceTest, TheLastAdministratorCannotLockEverybodyOut) {
    EXPECT_EQ(revoke(admin.id).error().code(), Code::failed_precondition);
    ASSERT_TRUE(create("second", {"administrator"}).ok());
    EXPECT_TRUE(revoke(admin.id).ok());
}

TEST_F(AccessServiceTest, AKeyThatMakesNoSenseIsNotMade) {
    EXPECT_EQ(create("a b", {"auditor"}).error().code(), Code::invalid_argument);
    EXPECT_EQ(create("", {"auditor"}).error().code(), Code::invalid_argument);
    EXPECT_EQ(create("x", {}).error().code(), Code::invalid_argument);
    EXPECT_EQ(create("x", {"root"}).error().code(), Code::invalid_argument);
    EXPECT_EQ(create("x", {"approver"}, "k4.pid.other").error().code(), Code::invalid_argument);
    EXPECT_EQ(create("admin", {"auditor"}).error().code(), Code::already_exists);
    EXPECT_EQ(store.entries(), 1);
}

TEST(Bootstrap, AFileThatIsNotOneIsRefusedByName) {
    for (const char* text : {"{}", R"({"id":"0123456789ab","name":"a","role":"boss","key_sha256":"00"})",
                             R"({"id":"x","name":"a","role":"auditor","key_sha256":"00"})", "not json"}) {
        EXPECT_EQ(parse_bootstrap(text, Instant{}).error().code(), Code::invalid_argument) << text;
    }
}

}  // namespace
}  // namespace signalbox::access
