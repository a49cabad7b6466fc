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

class AuthorityTest : public testing::Test {
  protected:
    // Version `version`, signed by the root keys.
    std::string make(std::int64_t version, Duration life = std::chrono::hours(24 * 365),
                     std::vector<const crypto::SigningKey*> tokens = {}) const {
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
        if (tokens.empty()) tokens = {&keys.token};
        for (const auto* token : tokens) list(*token, "token", 1);
        list(keys.ledger, "ledger", 1);
        list(approver, "approve/production/security", 1);
        dsse::Envelope envelope{std::string(trust::kTrustPayloadType), trust::serialize(file), {}};
        for (const auto& root : roots) EXPECT_TRUE(dsse::add_signature(envelope, root).ok());
        return dsse::serialize(envelope);
    }
    // The controller's folder of keys, with these two in it.
    ServiceKeys stored_keys(const crypto::SigningKey& token, const crypto::SigningKey& ledger_key) {
        key_folder.emplace(*os::TempDirectory::make());
        EXPECT_TRUE(crypto::write_secret_file(key_folder->file("token.key"), token.paserk().expose()).ok());
        EXPECT_TRUE(
            crypto::write_secret_file(key_folder->file("ledger.key"), ledger_key.paserk().expose()).ok());
        return std::move(load_service_keys(key_folder->path())).value();
    }
    void tell_first() { ASSERT_TRUE(ledger.append("cluster_initialised", {{"trust_version", 1}}).ok()); }
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
    struct {
        crypto::SigningKey token = crypto::SigningKey::generate();
        crypto::SigningKey ledger = crypto::SigningKey::generate();
    } keys;
    crypto::SigningKey approver = crypto::SigningKey::generate();
    ledger::Ledger ledger{ClusterId("test"), keys.ledger, ledger_store, strand, clock};
    os::TempDirectory directory = *os::TempDirectory::make();
    std::optional<os::TempDirectory> key_folder;
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
    EXPECT_TRUE(check_listed(stored_keys(keys.token, keys.ledger), authority->current()).ok());
    const auto other = crypto::SigningKey::generate();
    const auto unlisted = check_listed(stored_keys(other, keys.ledger), authority->current());
    ASSERT_FALSE(unlisted.ok());
    EXPECT_EQ(unlisted.error().code(), Code::failed_precondition);
    EXPECT_NE(unlisted.error().message().find("keys/token.key"), std::string::npos);
    EXPECT_FALSE(check_listed(stored_keys(keys.token, other), authority->current()).ok());
}

TEST_F(AuthorityTest, TheApiReadsAnyVersionAndPublishes) {
    ServiceKeys held = stored_keys(keys.token, keys.ledger);
    TrustApi api(*authority, ledger, held.token, held.ledger, clock);
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

TEST_F(AuthorityTest, TellsWhenEachVersionWasPublishedAndSinceWhenAKeyIsListed) {
    using std::chrono::hours;
    const Instant start = clock.now();
    tell_first();
    const auto next = crypto::SigningKey::generate();
    clock.advance(hours(1));
    ASSERT_TRUE(authority->publish(make(2, hours(9999), {&keys.token, &next}), "ann", ledger).ok());
    clock.advance(hours(1));
    ASSERT_TRUE(authority->publish(make(3, hours(9999), {&next}), "ben", ledger).ok());
    clock.advance(hours(1));
    ASSERT_TRUE(authority->publish(make(4, hours(9999), {&keys.token, &next}), "ann", ledger).ok());

    const auto history = authority->history(ledger).value();
    ASSERT_EQ(history.size(), 4U);
    EXPECT_EQ(history[0].time, start);
    EXPECT_EQ(history[2].by, "ben");
    EXPECT_EQ(history[2].time, start + hours(2));
    const auto since = authority->listed_since("token", ledger).value();
    EXPECT_EQ(since.at(next.public_key().id()), start + hours(1));
    EXPECT_EQ(since.at(keys.token.public_key().id()), start + hours(3)) << "it was away in between";

    ServiceKeys held = stored_keys(keys.token, keys.ledger);
    TrustApi api(*authority, ledger, held.token, held.ledger, clock);
    const auto told = api.history({}, {});
    ASSERT_EQ(told->versions_size(), 4);
    EXPECT_EQ(told->versions(0).trust(), first);
    EXPECT_EQ(told->versions(1).by(), "ann");
}

// The whole of a rotation: prepared, published, waited for, used, the old one removed.
TEST_F(AuthorityTest, ANewTokenKeyIsUsedADayAfterItsPublication) {
    using std::chrono::hours;
    using std::chrono::seconds;
    tell_first();
    ServiceKeys held = stored_keys(keys.token, keys.ledger);
    const auto refresh = [&] {
        held.token.set_listed(authority->current(), authority->listed_since("token", ledger).value());
    };
    const auto in_use = [&] { return held.token.at(clock.now()).public_key(); };
    refresh();
    EXPECT_EQ(in_use(), keys.token.public_key()) << "the first one, listed a moment ago: there is no other";

    TrustApi api(*authority, ledger, held.token, held.ledger, clock);
    const auto prepared = api.prepare_token_key({"ann", "", {}, ""}, {});
    ASSERT_TRUE(prepared.ok()) << prepared.error().to_string();
    EXPECT_EQ(api.prepare_token_key({}, {})->public_key(), prepared->public_key()) << "one waits at a time";
    clock.advance(hours(48));
    EXPECT_EQ(in_use(), keys.token.public_key()) << "not listed: never used";
    const auto reloaded = TokenKeys::load(key_folder->path()).value();
    ASSERT_EQ(reloaded.held(clock.now()).size(), 2U);
    EXPECT_EQ(reloaded.held(clock.now())[1].key.paserk(), prepared->public_key());

    const auto next = crypto::load_service_key(key_folder->file("token-2.key")).value();
    ASSERT_TRUE(authority->publish(make(2, hours(9999), {&keys.token, &next}), "ann", ledger).ok());
    refresh();
    clock.advance(hours(24) - seconds(1));
    EXPECT_EQ(in_use(), keys.token.public_key());
    clock.advance(seconds(1));
    EXPECT_EQ(in_use(), next.public_key());
    EXPECT_TRUE(api.list_token_keys({}, {})->keys(1).in_use());
    ASSERT_TRUE(authority->publish(make(3, hours(9999), {&next}), "ann", ledger).ok());
    refresh();
    EXPECT_EQ(in_use(), next.public_key());
    EXPECT_NE(api.prepare_token_key({}, {})->public_key(), prepared->public_key());
}

TEST_F(AuthorityTest, AStolenTokenKeyGoesAtOnceWithTheVersionThatRemovesIt) {
    using std::chrono::hours;
    tell_first();
    ServiceKeys held = stored_keys(keys.token, keys.ledger);
    const auto key = held.token.prepare_next().value();
    const auto next = crypto::load_service_key(key_folder->file("token-2.key")).value();
    ASSERT_TRUE(authority->publish(make(2, hours(9999), {&next}), "ann", ledger).ok());
    held.token.set_listed(authority->current(), authority->listed_since("token", ledger).value());
    EXPECT_EQ(held.token.at(clock.now()).public_key(), key)
        << "hosts take no other: it does not wait its day";
    EXPECT_TRUE(check_listed(held, authority->current()).ok());
}

TEST(TokenKeyChoice, TakesTheNewestThatIsOldEnoughOtherwiseTheOldest) {
    using std::chrono::hours;
    const Instant now = from_unix_seconds(1'800'000'000);
    const crypto::KeyId a{"a"}, b{"b"}, c{"c"};
    EXPECT_FALSE(choose_token_key({}, now));
    EXPECT_EQ(choose_token_key({{a, now}}, now), a);
    EXPECT_EQ(choose_token_key({{a, now - hours(1)}, {b, now - hours(2)}}, now), b);
    EXPECT_EQ(choose_token_key({{a, now - hours(72)}, {b, now - hours(24)}, {c, now - hours(23)}}, now), b);
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
