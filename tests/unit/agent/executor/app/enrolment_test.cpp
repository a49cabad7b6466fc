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
    const auto proof = executor.client->prove(csr, "0123456789abcdef");
    ASSERT_TRUE(proof.ok()) << proof.error().to_string();
    const std::string message = join::proof_message(ClusterId{"demo"}, "0123456789abcdef", csr,
                                                    executor.deployment.record_key.id().str());
    EXPECT_TRUE(executor.deployment.record_key.verify(as_bytes(message), *proof));

    executor.enrol();
    EXPECT_TRUE(
        executor.client->install_identity(executor.deployment.agent, executor.deployment.trust.text()).ok());
    EXPECT_EQ(executor.client->prove(csr, "0123456789abcdef").error().code(), Code::failed_precondition);
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

}  // namespace
}  // namespace signalbox::executor
