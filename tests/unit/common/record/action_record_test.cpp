// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "common/record/record.hpp"

namespace signalbox::record {
namespace {

ActionRecord finished() {
    ActionRecord record;
    record.cluster_id = ClusterId{"demo"};
    record.agent_id = AgentId{"0d5e3b1e-0000-4000-8000-000000000001"};
    record.boot_id = "b5a7";
    record.seq = 3;
    record.prev = crypto::sha256("previous");
    record.time_wall = from_unix_seconds(1'800'000'000) + std::chrono::milliseconds{5};
    record.time_boot_ns = 123'456'789;
    record.kind = Kind::finished;
    record.jti = "000102030405060708090a0b0c0d0e0f";
    record.token_sha256 = crypto::sha256("token");
    record.approval_sha256 = crypto::sha256("approval");
    record.step_id = StepId{"production/web-1/activate"};
    record.attempt = 1;
    record.action_sha256 = crypto::sha256("action");
    record.outcome = Outcome{"failed", 3, 0, false, 1500, "exit status 3"};
    record.stdout_sha256 = crypto::sha256("out");
    record.stderr_sha256 = crypto::sha256("");
    record.stdout_len = 3;
    record.stderr_len = 0;
    record.before_sha256 = crypto::sha256("before");
    record.after_sha256 = crypto::sha256("after");
    record.seen_checkpoint = SeenCheckpoint{"signalbox.dev/demo", 9, crypto::sha256("root")};
    return record;
}

Result<ActionRecord> with(std::string_view from, std::string_view to) {
    std::string payload = serialize(finished());
    const std::size_t at = payload.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return parse_action_record(payload.replace(at, from.size(), to));
}

TEST(ActionRecord, ComesBackWithEveryMember) {
    const ActionRecord read = parse_action_record(serialize(finished())).value();
    EXPECT_EQ(serialize(read), serialize(finished()));
    EXPECT_EQ(read.outcome->exit_status, 3);
    EXPECT_EQ(read.seen_checkpoint->size, 9);
    EXPECT_EQ(read.time_wall, finished().time_wall);
}

TEST(ActionRecord, LeavesOutWhatItsKindDoesNotHave) {
    ActionRecord heartbeat;
    heartbeat.cluster_id = ClusterId{"demo"};
    heartbeat.agent_id = AgentId{"a"};
    heartbeat.kind = Kind::heartbeat;
    const std::string payload = serialize(heartbeat);
    EXPECT_EQ(payload.find("outcome"), std::string::npos);
    EXPECT_EQ(payload.find("null"), std::string::npos);
    const ActionRecord read = parse_action_record(payload).value();
    EXPECT_FALSE(read.outcome || read.jti || read.stdout_len || read.seen_checkpoint);
    EXPECT_EQ(read.prev, crypto::Digest{}) << "the first record follows 64 zeros";
}

TEST(ActionRecord, EveryKindHasAName) {
    for (int i = 0; i <= static_cast<int>(Kind::trust_updated); ++i) {
        const Kind kind = static_cast<Kind>(i);
        EXPECT_EQ(parse_kind(to_string(kind)).value(), kind);
    }
    EXPECT_FALSE(parse_kind("Finished"));
}

TEST(ActionRecord, IsReadStrictly) {
    EXPECT_FALSE(with("\"seq\":3", "\"seq\":0"));
    EXPECT_FALSE(with("\"seq\":3", "\"seq\":3,\"seq\":3"));
    EXPECT_FALSE(with("\"seq\":3", "\"seq\":3,\"extra\":true"));
    EXPECT_FALSE(with("\"kind\":\"finished\"", "\"kind\":\"done\""));
    EXPECT_FALSE(with("\"attempt\":1", "\"attempt\":null"));
    EXPECT_FALSE(with("\"attempt\":1", "\"attempt\":-1"));
    EXPECT_FALSE(with("\"code\":\"failed\"", "\"code\":\"\""));
    EXPECT_FALSE(with("action/v1", "action/v2"));
    EXPECT_FALSE(with("Statement/v1", "Statement/v0.1"));
    EXPECT_FALSE(with("agent/0d5e", "agent/1d5e")) << "the subject names another agent";
}

// What a process printed may reach `detail`; a record must come of it all the same.
TEST(ActionRecord, DetailIsCutToLengthAndAlwaysText) {
    ActionRecord record = finished();
    std::string greek;
    for (int i = 0; i < 300; ++i) greek += "\xcf\x80";
    record.outcome->detail = "x" + greek;
    EXPECT_EQ(parse_action_record(serialize(record))->outcome->detail.size(), 399U) << "no half character";
    record.outcome->detail = std::string(1000, '\xff');
    EXPECT_TRUE(parse_action_record(serialize(record)));
}

TEST(ActionRecord, OpensOnlyWithOneSignatureAndWithinItsCap) {
    const auto key = crypto::SigningKey::generate();
    const std::string text = seal(finished(), key);
    const Opened opened = open(text).value();
    EXPECT_EQ(opened.predicate_type, kActionPredicate);
    EXPECT_TRUE(dsse::signed_by(opened.envelope, key.public_key()));

    dsse::Envelope twice = opened.envelope;
    twice.signatures.push_back(twice.signatures[0]);
    EXPECT_FALSE(open(dsse::serialize(twice)));
    twice.signatures.clear();
    EXPECT_FALSE(open(dsse::serialize(twice)));
    dsse::Envelope typed = opened.envelope;
    typed.payload_type = "application/json";
    EXPECT_FALSE(open(dsse::serialize(typed)));

    ActionRecord large = finished();
    large.boot_id = std::string(kMaxRecordBytes, 'x');
    EXPECT_EQ(open(seal(large, key)).error().code(), Code::resource_exhausted);
    EXPECT_FALSE(open(std::string(2 << 20, 'x')));
}

TEST(ActionRecord, AChangeOfKeyNamesTheNextOneAndNoOtherKindDoes) {
    const auto before = crypto::SigningKey::generate(), next = crypto::SigningKey::generate();
    ActionRecord record;
    record.cluster_id = ClusterId{"demo"};
    record.agent_id = AgentId{"0d5e3b1e-0000-4000-8000-000000000001"};
    record.kind = Kind::key_rotated;
    EXPECT_FALSE(parse_action_record(serialize(record))) << "it names no key";
    const auto prove = [&](const crypto::SigningKey& by, const crypto::KeyId& from) {
        const std::string said =
            rotation_message(record.cluster_id, record.agent_id, from, next.public_key().id());
        record.next_key = NextKey{next.public_key(), by.sign_now(as_bytes(said))};
        return rotated_to(parse_action_record(serialize(record)).value(), before.public_key());
    };
    EXPECT_EQ(prove(next, before.public_key().id()).value(), next.public_key());
    EXPECT_FALSE(prove(before, before.public_key().id())) << "the next key must have signed";
    EXPECT_FALSE(prove(next, next.public_key().id())) << "after another key";
    EXPECT_FALSE(rotated_to(record, next.public_key())) << "to itself";
    record.kind = Kind::observed;
    EXPECT_FALSE(parse_action_record(serialize(record)));
}

}  // namespace
}  // namespace signalbox::record
