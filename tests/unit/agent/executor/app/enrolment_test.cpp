// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/executor/live_executor.hpp"

namespace signalbox::executor {
namespace {

using ::testing::HasSubstr;

TEST(Enrolment, init_prove_install_and_survive_a_restart) {
    LiveExecutor executor;
    ASSERT_EQ(executor.init(), 0) << executor.log();
    EXPECT_EQ(executor.init(), 1);  // never over an identity
    executor.start();
    auto hello = executor.client->hello();
    EXPECT_TRUE(hello->initialised);
    EXPECT_FALSE(hello->identity.has_value());
    EXPECT_EQ(hello->problem, "not enrolled");

    const auto csr = crypto::sha256("csr");
    const auto proof = executor.client->prove({csr, "0123456789abcdef", "production", "web-1"});
    ASSERT_TRUE(proof.ok()) << proof.error().to_string();
    const std::string message = join::proof_message(ClusterId{"demo"}, "0123456789abcdef", csr,
                                                    executor.deployment.record_key.id().str());
    EXPECT_TRUE(executor.deployment.record_key.verify(as_bytes(message), *proof));

    for (const auto& [environment, host] : {std::pair("staging", "web-1"), std::pair("production", "web-2")})
        EXPECT_THAT(executor.client->prove({csr, "0123456789abcdef", environment, host}).error().message(),
                    HasSubstr("initialised as web-1 of production"));

    executor.enrol();
    EXPECT_TRUE(
        executor.client->install_identity(executor.deployment.agent, executor.deployment.trust.text()).ok());
    EXPECT_EQ(executor.client->prove({csr, "0123456789abcdef", "production", "web-1"}).error().code(),
              Code::failed_precondition);
    EXPECT_EQ(executor.stop(SIGTERM).exit_status, 0);

    const std::string nonce = executor.deployment.nonce;
    executor.start();
    hello = executor.client->hello();
    ASSERT_TRUE(hello->identity.has_value());
    EXPECT_EQ(hello->identity->host, "web-1");
    EXPECT_EQ(hello->problem, "");
    EXPECT_NE(hello->nonce, nonce);
    EXPECT_EQ(executor.story(), "enrolled");
}

TEST(Enrolment, only_the_trust_file_of_the_join_line_counts) {
    LiveExecutor executor;
    ASSERT_EQ(executor.init(), 0);
    executor.start();
    auto other = executor.deployment.trust.file;
    other.version = 2;
    const auto refused =
        executor.client->install_identity(executor.deployment.agent, executor.deployment.trust.sign(other));
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code(), Code::refused);
    EXPECT_FALSE(
        executor.client->install_identity(AgentId{"../../x"}, executor.deployment.trust.text()).ok());
    EXPECT_FALSE(executor.client->hello()->identity.has_value());
}

TEST(Enrolment, attack_16_trust_moves_by_one_version_signed_by_both) {
    LiveExecutor executor;
    executor.init_start_enrol();
    const auto& trust = executor.deployment.trust;
    const auto with_version = [&](std::int64_t version) {
        auto file = trust.file;
        file.version = version;
        return file;
    };
    EXPECT_FALSE(executor.client->trust_update(trust.sign(with_version(3))).ok());  // skips one
    const std::string one_root =
        fakes::signed_text(trust::kTrustPayloadType, trust::serialize(with_version(2)), {&trust.root1});
    EXPECT_FALSE(executor.client->trust_update(one_root).ok());
    EXPECT_FALSE(executor.client->trust_update("nonsense").ok());
    EXPECT_EQ(executor.client->hello()->trust_version, 1);
    const auto updated = executor.client->trust_update(trust.sign(with_version(2)));
    ASSERT_TRUE(updated.ok()) << updated.error().to_string();
    EXPECT_EQ(*updated, 2);
    EXPECT_FALSE(executor.client->trust_update(trust.text()).ok());  // back
    EXPECT_EQ(executor.stop(SIGKILL).signal, SIGKILL);
    executor.start();
    EXPECT_EQ(executor.client->hello()->trust_version, 2);
    EXPECT_THAT(executor.story(), HasSubstr("trust_updated"));
    EXPECT_THAT(executor.story(), HasSubstr("observed:trust_update_refused"));
}

// Hosts that were away take every version in turn, also those that expired meanwhile; what counts at last is
// the expiry of the newest.
TEST(Enrolment, attack_16_expired_huge_and_hostile_trust_files) {
    LiveExecutor executor;
    executor.init_start_enrol();
    const auto& trust = executor.deployment.trust;
    auto file = trust.file;
    file.version = 2;
    file.expires = from_unix_seconds(1'600'000'000);
    EXPECT_FALSE(executor.client->trust_update(std::string(10 << 20, ' ')).ok());
    EXPECT_FALSE(executor.client->trust_update(trust.sign(file).substr(0, 700)).ok());
    EXPECT_EQ(executor.client->hello()->trust_version, 1);
    EXPECT_EQ(executor.client->hello()->problem, "");
    ASSERT_TRUE(executor.client->trust_update(trust.sign(file)).ok());
    EXPECT_THAT(executor.client->hello()->problem, HasSubstr("expired"));
    file.version = 3;
    file.expires = trust.file.expires;
    ASSERT_TRUE(executor.client->trust_update(trust.sign(file)).ok());
    EXPECT_EQ(executor.client->hello()->problem, "");
    EXPECT_THAT(executor.story(), HasSubstr("observed:trust_update_refused"));
}

TEST(Enrolment, attack_16_an_endless_stream_of_files_is_counted_and_not_kept) {
    LiveExecutor executor;
    executor.add_script("step", "echo run >> count");
    executor.init_start_enrol();
    const auto& trust = executor.deployment.trust;
    auto file = trust.file;
    for (int i = 0; i < 2'000; ++i) {
        file.version = 3 + i;  // each skips the next one
        EXPECT_FALSE(executor.client->trust_update(trust.sign(file)).ok());
    }
    EXPECT_EQ(executor.client->hello()->trust_version, 1);
    const auto records = executor.records();
    EXPECT_LT(records.size(), 1'100U) << "a burst is told one by one, the rest is counted";
    EXPECT_THAT(executor.story(), HasSubstr("observed:trust_update_refused"));
    EXPECT_EQ(executor.execute("step"), "admitted") << "and work goes on";
    EXPECT_EQ(executor.outcome("step"), "ok");
}

TEST(Enrolment, a_host_proves_who_it_is_to_come_back_and_signs_nothing_else_by_it) {
    LiveExecutor executor;
    ASSERT_EQ(executor.init(), 0);
    executor.start();
    const auto csr = crypto::sha256("csr");
    EXPECT_EQ(executor.client->prove_return("1.abc.def", csr).error().code(), Code::failed_precondition);
    executor.enrol();
    const auto proof = executor.client->prove_return("1.abc.def", csr);
    ASSERT_TRUE(proof.ok()) << proof.error().to_string();
    const auto& deployment = executor.deployment;
    const std::string message = join::return_message(ClusterId{"demo"}, deployment.agent, "1.abc.def", csr,
                                                     deployment.record_key.id().str());
    EXPECT_TRUE(deployment.record_key.verify(as_bytes(message), proof->signature));
    for (const std::string& hostile : {std::string(), std::string("a\nb"), std::string("a b"),
                                       std::string("\0", 1), std::string(513, 'a')})
        EXPECT_FALSE(executor.client->prove_return(hostile, csr).ok());
}

}  // namespace
}  // namespace signalbox::executor
