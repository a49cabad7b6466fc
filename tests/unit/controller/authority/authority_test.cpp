// SPDX-License-Identifier: Apache-2.0
#include "controller/authority/authority.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "common/crypto/key_file.hpp"
#include "common/dsse/dsse.hpp"
#include "common/os/file.hpp"
#include "common/os/temp_directory.hpp"
#include "controller/authority/service_keys.hpp"
#include "controller/authority/trust_api.hpp"
#include "tests/fakes/ledger_store.hpp"
#include "tests/fakes/manual_clock.hpp"
#include "tests/fakes/manual_strand.hpp"

namespace signalbox::authority {
namespace {

crypto::SealingKey sealing_key() {
    crypto::SystemRandom random;
    return crypto::SealingKey::generate(random);
}

class AuthorityTest : public testing::Test {
  protected:
    // Version `version`, signed by the root keys.
    std::string make(std::int64_t version, Duration life = std::chrono::hours(24 * 365)) const {
        trust::TrustFile file;
        file.cluster_id = ClusterId("test");
        file.version = version;
        file.expires = clock.now() + life;
        const auto list = [&](const crypto::SigningKey& key, const std::string& role, int threshold) {
            const auto id = key.public_key().id();
            file.keys.emplace(id, trust::TrustedKey{key.public_key(), role});
            file.roles[role].keyids.insert(id);
            file.roles[role].threshold = threshold;
        };
        list(roots[0], "root", 2);
        list(roots[1], "root", 2);
        list(keys.token, "token", 1);
        list(keys.ledger, "ledger", 1);
        list(approver, "approve/production/security", 1);
        dsse::Envelope envelope{std::string(trust::kTrustPayloadType), trust::serialize(file), {}};
        for (const auto& root : roots) EXPECT_TRUE(dsse::add_signature(envelope, root).ok());
        return dsse::serialize(envelope);
    }
    Result<std::unique_ptr<Authority>> open() const {
        return Authority::open(directory.path(), ClusterId("test"), clock);
    }
    void SetUp() override {
        ASSERT_TRUE(os::write_file_atomically(directory.file("trust.json"), first).ok());
        auto opened = open();
        ASSERT_TRUE(opened.ok()) << opened.error().to_string();
        authority = std::move(*opened);
        ASSERT_TRUE(ledger.open().ok());
    }

    fakes::ManualClock clock;
    fakes::ManualStrand strand{clock};
    fakes::LedgerStore ledger_store;
    std::vector<crypto::SigningKey> roots = [] {
        std::vector<crypto::SigningKey> out;
        out.push_back(crypto::SigningKey::generate());
        out.push_back(crypto::SigningKey::generate());
        return out;
    }();
    ServiceKeys keys{crypto::SigningKey::generate(), crypto::SigningKey::generate(), sealing_key()};
    crypto::SigningKey approver = crypto::SigningKey::generate();
    ledger::Ledger ledger{ClusterId("test"), keys.ledger, ledger_store, strand, clock};
    os::TempDirectory directory = *os::TempDirectory::make();
    std::string first = make(1);
    std::unique_ptr<Authority> authority;
};

TEST_F(AuthorityTest, TheNextVersionIsInTheLedgerInForceAndTheOldOneIsKept) {
    int told = 0;
    authority->on_published([&] { ++told; });
    const auto second = make(2);
    ASSERT_TRUE(authority->publish(second, "ann", ledger).ok());
    EXPECT_EQ(authority->current().version, 2);
    EXPECT_EQ(*authority->text(1), first);
    EXPECT_EQ(*authority->text(2), second);
    EXPECT_EQ(told, 1);
    ASSERT_EQ(ledger_store.raw().size(), 1U);
    EXPECT_EQ(ledger_store.raw()[0].kind, "decision:trust_published");

    const auto reopened = open();
    ASSERT_TRUE(reopened.ok());
    EXPECT_EQ((*reopened)->current_text(), second);
    EXPECT_EQ(*(*reopened)->text(1), first);
}

TEST_F(AuthorityTest, AFileThatTheRulesForbidChangesNothing) {
    EXPECT_EQ(authority->publish(make(3), "ann", ledger).error().code(), Code::refused);  // skips a version
    EXPECT_EQ(authority->publish(make(2, -std::chrono::hours(1)), "ann", ledger).error().code(),
              Code::refused);
    EXPECT_EQ(authority->publish(first, "ann", ledger).error().code(), Code::conflict);
    EXPECT_FALSE(authority->publish("{}", "ann", ledger).ok());
    EXPECT_EQ(authority->current_text(), first);
    EXPECT_TRUE(ledger_store.raw().empty());
}

TEST_F(AuthorityTest, WhenTheLedgerCannotTakeTheEntryTheOldFileStaysInForce) {
    ledger_store.failure = Error(Code::resource_exhausted, "disk full");
    EXPECT_FALSE(authority->publish(make(2), "ann", ledger).ok());
    EXPECT_EQ(authority->current().version, 1);
    EXPECT_EQ(*os::read_file(directory.file("trust.json"), 1 << 20), first);
    // The same file goes through once there is room.
    ledger_store.failure.reset();
    EXPECT_TRUE(authority->publish(make(2), "ann", ledger).ok());
}

TEST_F(AuthorityTest, AFileOfAnotherClusterOrWithAChangedByteIsNotOpened) {
    EXPECT_EQ(Authority::open(directory.path(), ClusterId("other"), clock).error().code(), Code::refused);
    auto envelope = *dsse::parse(first);
    envelope.payload[envelope.payload.find("test")] = 'b';
    ASSERT_TRUE(os::write_file_atomically(directory.file("trust.json"), dsse::serialize(envelope)).ok());
    EXPECT_FALSE(open().ok());
    ASSERT_TRUE(std::filesystem::remove(directory.file("trust.json")));
    EXPECT_EQ(open().error().code(), Code::not_found);
}

TEST_F(AuthorityTest, SaysBeforehandThatItExpires) {
    EXPECT_FALSE(authority->warning(clock.now()));
    const auto soon = authority->warning(clock.now() + std::chrono::hours(24 * 340));
    ASSERT_TRUE(soon);
    EXPECT_NE(soon->find("expires in 25 days"), std::string::npos) << *soon;
    EXPECT_NE(authority->warning(clock.now() + std::chrono::hours(24 * 400))->find("refuse every step"),
              std::string::npos);
}

TEST_F(AuthorityTest, KnowsApproversAndItsOwnKeys) {
    EXPECT_TRUE(authority->is_approver(approver.public_key().id()));
    EXPECT_FALSE(authority->is_approver(keys.token.public_key().id()));
    EXPECT_TRUE(check_listed(keys, authority->current()).ok());
    const ServiceKeys swapped{crypto::SigningKey::generate(), crypto::SigningKey::generate(), sealing_key()};
    const auto unlisted = check_listed(swapped, authority->current());
    EXPECT_EQ(unlisted.error().code(), Code::failed_precondition);
    EXPECT_NE(unlisted.error().message().find("keys/token.key"), std::string::npos);
}

TEST_F(AuthorityTest, TheApiReadsAnyVersionAndPublishes) {
    TrustApi api(*authority, ledger);
    EXPECT_EQ(api.get({}, {})->version(), 1U);
    v1::PublishTrustRequest request;
    request.set_trust(make(2));
    EXPECT_EQ(api.publish({"ann", "", {}, ""}, request)->version(), 2U);
    v1::GetTrustRequest old;
    old.set_version(1);
    EXPECT_EQ(api.get({}, old)->trust(), first);
    old.set_version(~0ULL);
    EXPECT_EQ(api.get({}, old).error().code(), Code::not_found);
}

TEST(ServiceKeys, AreReadOnlyFromFilesThatNobodyElseMayRead) {
    const auto directory = *os::TempDirectory::make();
    for (const char* name : {"token.key", "ledger.key"}) {
        ASSERT_TRUE(
            crypto::write_secret_file(directory.file(name), crypto::SigningKey::generate().paserk().expose())
                .ok());
    }
    EXPECT_TRUE(load_service_keys(directory.path()).ok());
    std::filesystem::permissions(directory.file("ledger.key"), std::filesystem::perms(0640));
    const auto open_to_group = load_service_keys(directory.path());
    ASSERT_FALSE(open_to_group.ok());
    EXPECT_EQ(open_to_group.error().code(), Code::permission_denied);
    std::filesystem::permissions(directory.file("ledger.key"), std::filesystem::perms(0600));
    std::filesystem::permissions(directory.path(), std::filesystem::perms(0755));
    EXPECT_EQ(load_service_keys(directory.path()).error().code(), Code::permission_denied);
}

}  // namespace
}  // namespace signalbox::authority
