// SPDX-License-Identifier: Apache-2.0
// Secrets of steps through the real program: only the approved value, only for the step's user, only while it
// runs, and nowhere in what is kept.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/crypto/encoding.hpp"
#include "common/secret/secret.hpp"
#include "tests/support/executor/live_executor.hpp"

namespace signalbox::executor {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

constexpr std::string_view kCanary = "canary-3f9a/17 value";

class Secrets : public ::testing::Test {
  protected:
    static secret::Secret make(std::string_view value) {
        crypto::SystemRandom random;
        return secret::Secret::make(crypto::SecretBytes::from_text(value), random).value();
    }
    void add(const std::string& step, const std::string& script, const std::string& user = "") {
        executor.deployment.add_step(
            step,
            {{"kind", "command.run"},
             {"service", "web"},
             {"deadline_s", 20},
             {"argv", {"/bin/sh", "-c", script}},
             {"user", user},
             {"secrets",
              {{"DB_PASSWORD",
                {{"name", "shop-db"}, {"version", 3}, {"commitment", secret_.commitment().hex()}}}}}},
            {}, 9);
    }
    // "admitted", or the refusal and why.
    std::string execute(const std::string& step, const std::map<std::string, Bytes>& sealed) {
        ipc::ExecuteRequest request{executor.deployment.token(step, ++tokens_),
                                    executor.deployment.actions.at(step),
                                    executor.deployment.approval_text(),
                                    sealed,
                                    {}};
        const auto reply = executor.client->execute(std::move(request));
        if (!reply) return reply.error().to_string();
        return reply->admitted ? "admitted" : reply->refusal + " " + reply->detail;
    }
    crypto::SealingPublic announced() {
        const auto hello = executor.client->hello();
        const auto key = crypto::SealingPublic::from_bytes(hello->sealing_public).value();
        const std::string said = secret::announcement(ClusterId{"demo"}, executor.deployment.agent, key);
        EXPECT_TRUE(executor.deployment.record_key.verify(as_bytes(said), hello->sealing_proof));
        return key;
    }
    secret::Secret secret_ = make(kCanary);
    LiveExecutor executor;
    int tokens_ = 5000;
};

TEST_F(Secrets, attack_41_a_step_reads_it_and_nothing_that_is_kept_holds_it) {
    const std::string base64 = crypto::to_base64(as_bytes(kCanary)), hex = crypto::to_hex(as_bytes(kCanary));
    add("use", R"sh(
        file="$CREDENTIALS_DIRECTORY/DB_PASSWORD"
        stat -c %a "$file"
        sha256sum < "$file" | cut -d' ' -f1
        echo "plain $(cat "$file") base64 $(base64 "$file") hex $(od -An -tx1 "$file" | tr -d ' \n')"
        cat "$file" >&2
        if grep -aqf "$file" /proc/self/environ /proc/self/cmdline; then echo leaked; fi
        ls "$CREDENTIALS_DIRECTORY"
        ls /no/such/file)sh");
    executor.init_start_enrol();
    ASSERT_EQ(execute("use", {{"DB_PASSWORD", secret_.seal(announced())}}), "admitted");
    EXPECT_EQ(executor.outcome("use"), "failed") << "ls fails: that is what its error text is for";
    const auto row = executor.client->records(0, 100)->back();
    EXPECT_EQ(row.out, "400\n" + crypto::sha256(kCanary).hex() +
                           "\nplain [secret] base64 [secret] hex [secret]\nDB_PASSWORD\n");
    EXPECT_THAT(*row.err, HasSubstr("[secret]"));
    EXPECT_EQ(executor.records().back().stdout_sha256, crypto::sha256(*row.out))
        << "what is digested is redacted";
    EXPECT_FALSE(fs::exists(executor.folder.file("credentials/web")));
    // Everything that is left: state, write-ahead log, services, log.
    for (const auto& entry : fs::recursive_directory_iterator(executor.folder.path())) {
        if (!entry.is_regular_file()) continue;
        const std::string text = LiveExecutor::read(entry.path());
        for (const std::string& form : {std::string(kCanary), base64, hex})
            EXPECT_EQ(text.find(form), std::string::npos) << entry.path();
    }
}

TEST_F(Secrets, attack_41_another_value_than_the_approved_one_is_refused) {
    add("use", "echo run >> count");
    executor.init_start_enrol();
    const auto key = announced();
    crypto::SystemRandom random;
    EXPECT_THAT(execute("use", {}), HasSubstr("R_ARTIFACT the secret shop-db: it did not come"));
    EXPECT_THAT(execute("use", {{"DB_PASSWORD", make("attackers-choice").seal(key)}}),
                HasSubstr("R_ARTIFACT"));
    EXPECT_THAT(
        execute("use", {{"DB_PASSWORD", secret_.seal(crypto::SealingKey::generate(random).public_key())}}),
        HasSubstr("R_ARTIFACT"));
    EXPECT_EQ(executor.outcome("use"), "never");
    EXPECT_EQ(execute("use", {{"DB_PASSWORD", secret_.seal(key)}}), "admitted");
    EXPECT_EQ(executor.outcome("use"), "ok");
    EXPECT_EQ(LiveExecutor::read(executor.root() + "/web/count"), "run\n");
}

TEST_F(Secrets, it_is_the_steps_users_alone_and_gone_after_a_crash) {
    const std::string user = ::geteuid() == 0 ? "nobody" : "";
    fs::permissions(executor.folder.path(), fs::perms(0755));
    add("mine", "test -r $CREDENTIALS_DIRECTORY/DB_PASSWORD && ! touch $CREDENTIALS_DIRECTORY/more", user);
    add("crash", "cp /dev/null begun; while :; do sleep 1; done");
    executor.init_start_enrol();
    if (!user.empty()) {
        ASSERT_EQ(execute("mine", {{"DB_PASSWORD", secret_.seal(announced())}}), "admitted");
        EXPECT_EQ(executor.outcome("mine"), "ok");
    }
    ASSERT_EQ(execute("crash", {{"DB_PASSWORD", secret_.seal(announced())}}), "admitted");
    while (!fs::exists(executor.root() + "/web/begun")) ::poll(nullptr, 0, 5);
    EXPECT_TRUE(fs::exists(executor.folder.file("credentials/web/DB_PASSWORD")));
    executor.stop(SIGKILL);
    executor.start();
    EXPECT_FALSE(fs::exists(executor.folder.file("credentials")));
}

}  // namespace
}  // namespace signalbox::executor
