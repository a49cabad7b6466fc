// SPDX-License-Identifier: Apache-2.0
#include "common/trust/trust_file.hpp"

#include <gtest/gtest.h>

#include "common/crypto/encoding.hpp"

#include "tests/fakes/trust_fixture.hpp"

namespace signalbox::trust {
namespace {

using fakes::signed_text;
using fakes::TrustFixture;

class Trust : public ::testing::Test {
  protected:
    [[nodiscard]] std::string signed_by(const TrustFile& file,
                                        std::initializer_list<const crypto::SigningKey*> keys) const {
        return signed_text(kTrustPayloadType, serialize(file), keys);
    }
    // The payload of the fixture's file with one piece replaced.
    [[nodiscard]] Result<TrustFile> with(std::string_view from, std::string_view to) const {
        std::string payload = serialize(fixture_.file);
        const std::size_t at = payload.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        return parse_payload(payload.replace(at, from.size(), to));
    }

    const TrustFixture fixture_{};
};

TEST_F(Trust, AFirstFileSignedByItsOwnRootsIsRead) {
    const TrustFile file = verify_initial(fixture_.text()).value();
    EXPECT_EQ(serialize(file), serialize(fixture_.file));
    EXPECT_NE(file.key_in_role("token", fixture_.token.public_key().id()), nullptr);
    EXPECT_EQ(file.key_in_role("token", fixture_.ledger.public_key().id()), nullptr);
    EXPECT_EQ(file.key_in_role("no-such-role", fixture_.token.public_key().id()), nullptr);
    EXPECT_EQ(file.approval_roles("production").size(), 2U);
    EXPECT_EQ(file.approval_roles("prod").size(), 0U) << "names are matched whole";
}

TEST_F(Trust, TheThresholdCountsKeysAndNotSignatures) {
    const auto& f = fixture_;
    EXPECT_EQ(verify_initial(signed_by(f.file, {&f.root1})).error().code(), Code::refused);
    EXPECT_EQ(verify_initial(signed_by(f.file, {&f.root1, &f.root1})).error().code(), Code::refused);
    EXPECT_EQ(verify_initial(signed_by(f.file, {&f.root1, &f.ann})).error().code(), Code::refused);
    EXPECT_TRUE(verify_initial(signed_by(f.file, {&f.root3, &f.ann, &f.root1})));

    dsse::Envelope broken = dsse::parse(f.text()).value();
    broken.signatures[1].signature[0] ^= 1;
    EXPECT_EQ(verify_initial(dsse::serialize(broken)).error().code(), Code::refused);
    EXPECT_FALSE(verify_initial(signed_text("application/json", serialize(f.file), {&f.root1, &f.root2})));
}

TEST_F(Trust, AnUpdateIsTheNextVersionOfTheSameCluster) {
    TrustFile next = fixture_.file;
    next.version = 2;
    EXPECT_EQ(verify_update(fixture_.file, fixture_.sign(next))->version, 2);
    for (const std::int64_t version : {1, 3, 1000}) {
        next.version = version;
        EXPECT_EQ(verify_update(fixture_.file, fixture_.sign(next)).error().code(), Code::refused) << version;
    }
    next.version = 2;
    next.cluster_id = ClusterId{"other"};
    EXPECT_EQ(verify_update(fixture_.file, fixture_.sign(next)).error().code(), Code::refused);
}

TEST_F(Trust, attack_16_a_rotation_of_roots_needs_the_old_and_the_new) {
    const auto& f = fixture_;
    const auto new1 = fakes::test_key(21), new2 = fakes::test_key(22);
    TrustFile next = f.file;
    next.version = 2;
    next.roles["root"] = Role{{new1.public_key().id(), new2.public_key().id()}, 2};
    next.keys.emplace(new1.public_key().id(), TrustedKey{new1.public_key(), "new one"});
    next.keys.emplace(new2.public_key().id(), TrustedKey{new2.public_key(), "new two"});
    EXPECT_FALSE(verify_update(f.file, signed_by(next, {&f.root1, &f.root2}))) << "old only";
    EXPECT_FALSE(verify_update(f.file, signed_by(next, {&new1, &new2}))) << "new only";
    EXPECT_FALSE(verify_update(f.file, signed_by(next, {&f.root1, &new1, &new2}))) << "half of the old";
    EXPECT_TRUE(verify_update(f.file, signed_by(next, {&f.root1, &f.root3, &new1, &new2})));
}

TEST_F(Trust, AnOldFileStillParsesBecauseExpiryIsTheCallersToCheck) {
    TrustFile old = fixture_.file;
    old.expires = from_unix_seconds(0);
    EXPECT_EQ(unix_seconds(verify_initial(fixture_.sign(old))->expires), 0);
}

TEST_F(Trust, RefusesWhatAFileAloneCanShowToBeWrong) {
    EXPECT_FALSE(with("\"version\":1", "\"version\":0"));
    EXPECT_FALSE(with("\"version\":1", "\"version\":1,\"version\":1"));
    EXPECT_FALSE(with("\"version\":1", "\"version\":1.0"));
    EXPECT_FALSE(with("\"version\":1", "\"version\":\"1\""));
    EXPECT_FALSE(with("\"version\":1", "\"surprise\":1,\"version\":1"));
    EXPECT_FALSE(with("\"cluster_id\":\"demo\"", "\"cluster_id\":\"Demo\""));
    EXPECT_FALSE(with("\"alg\":\"ed25519\"", "\"alg\":\"rsa\""));
    EXPECT_FALSE(with("\"max_token_ttl_s\":600", "\"max_token_ttl_s\":86400"));
    EXPECT_FALSE(with("\"skew_s\":30", "\"skew_s\":31"))
        << "longer than the sequencer waits for a token to die";
    EXPECT_FALSE(with("\"max_window_s\":259200", "\"max_window_s\":259201"));
    EXPECT_FALSE(with("\"root\":{", "\"extra\":{"));
    EXPECT_FALSE(with("approve/staging/owner", "approve/staging"));
    EXPECT_FALSE(with("approve/staging/owner", "approve/staging/owner/x"));
    EXPECT_FALSE(with("approve/staging/owner", "approve//owner"));
    EXPECT_FALSE(with("2030-03-17T17:46:40Z", "2030-13-17T17:46:40Z"));
    EXPECT_FALSE(with("2030-03-17T17:46:40Z", "9999-12-31T00:00:00Z"));
}

TEST_F(Trust, AKeyMustStandUnderItsOwnIdAndBeSafe) {
    const std::string ann = fixture_.ann.public_key().paserk();
    const auto swapped = with(ann, fixture_.ben.public_key().paserk());
    ASSERT_FALSE(swapped);
    EXPECT_NE(swapped.error().message().find("not its own"), std::string::npos);
    EXPECT_FALSE(with(ann, "k4.public.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"))
        << "a point of low order";
}

// A key of each hostile kind (C2SP/CCTV ed25519vectors.json) in the place of a person's, under its own id.
TEST_F(Trust, attack_17_a_hostile_key_in_a_trust_file) {
    const auto raw = [](const char* hex) { return crypto::from_hex(hex).value(); };
    const std::string ann = fixture_.ann.public_key().paserk();
    for (const char* hostile : {
             "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",  // low order
             "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  // not canonical
             "10eb7c3acfb2bed3e0d6ab89bf5a3d6afddd1176ce4812e38d9fd485058fdb1f",  // mixed order
         }) {
        const std::string key = "k4.public." + crypto::to_base64url(raw(hostile));
        const auto judged = with(ann, key);
        ASSERT_FALSE(judged) << hostile;
        EXPECT_EQ(judged.error().message().find("not its own"), std::string::npos)
            << "it must be the key that is refused: " << judged.error().message();
    }
}

TEST_F(Trust, RolesNameListedKeysOnceAndCanBeFilled) {
    TrustFile bad = fixture_.file;
    bad.roles["root"].threshold = 4;
    EXPECT_FALSE(parse_payload(serialize(bad)));
    bad.roles["root"].threshold = 0;
    EXPECT_FALSE(parse_payload(serialize(bad)));
    bad = fixture_.file;
    bad.roles["approve/production/owner"].threshold = -1;
    EXPECT_FALSE(parse_payload(serialize(bad)));
    bad = fixture_.file;
    bad.keys.erase(fixture_.tom.public_key().id());
    EXPECT_FALSE(parse_payload(serialize(bad)));
    const std::string ann = "\"" + fixture_.ann.public_key().id().str() + "\"";
    EXPECT_FALSE(with("[" + ann + "],\"threshold\":0", "[" + ann + "," + ann + "],\"threshold\":0"));
    TrustFile waiting = fixture_.file;
    waiting.roles["witness"] = Role{};
    EXPECT_TRUE(parse_payload(serialize(waiting))) << "a cluster may wait for its first witness";
}

// Whoever takes over the controller holds its token and ledger keys; those must not be able to approve.
TEST_F(Trust, AControllersKeyCannotBeAPersons) {
    for (const char* role : {"root", "approve/production/owner"}) {
        for (const auto* key : {&fixture_.token, &fixture_.ledger}) {
            TrustFile bad = fixture_.file;
            bad.roles[role].keyids.insert(key->public_key().id());
            EXPECT_FALSE(parse_payload(serialize(bad))) << role;
        }
    }
    TrustFile shared = fixture_.file;
    shared.roles["ledger"].keyids.insert(fixture_.token.public_key().id());
    EXPECT_FALSE(parse_payload(serialize(shared)));
}

TEST_F(Trust, HostileSizesAreRefusedBeforeTheyAreRead) {
    EXPECT_EQ(verify_initial(std::string(10 << 20, ' ')).error().code(), Code::resource_exhausted);
    EXPECT_FALSE(parse_payload(std::string(100'000, '[')));
    EXPECT_FALSE(parse_payload(std::string("{\"a\":\"\0\"}", 9)));
    EXPECT_FALSE(verify_initial(""));
}

}  // namespace
}  // namespace signalbox::trust
