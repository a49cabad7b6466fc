// SPDX-License-Identifier: Apache-2.0
#include "common/trust/approval.hpp"

#include <gtest/gtest.h>

#include "tests/fakes/trust_fixture.hpp"

namespace signalbox::trust {
namespace {

using fakes::TrustFixture;

Approval example() {
    Approval approval;
    approval.cluster_id = ClusterId{"demo"};
    approval.environment = "production";
    approval.release_id = ReleaseId{"web-1.2.3-7"};
    approval.release_counter = 7;
    approval.plan_sha256 = crypto::sha256("plan");
    approval.not_before = from_unix_seconds(1'800'000'000);
    approval.not_after = from_unix_seconds(1'800'007'200);
    approval.undo_not_after = from_unix_seconds(1'800'010'800);
    approval.overrun = "undo";
    approval.closed = {{from_unix_seconds(1'800'001'000), from_unix_seconds(1'800'002'000), "lunch"},
                       {from_unix_seconds(1'800'002'000), from_unix_seconds(1'800'007'200), "late shift"}};
    approval.requester_name = "Rob";
    approval.change = "CHG0001";
    approval.tickets = {"T-1"};
    const AgentId agent{"0d5e3b1e-0000-4000-8000-000000000001"};
    approval.steps = {{StepId{"production/web-1/activate"},
                       agent,
                       "web-1",
                       "release.activate",
                       crypto::sha256("a"),
                       {crypto::sha256("x")},
                       2,
                       {}},
                      {StepId{"production/web-1/activate!undo"},
                       agent,
                       "web-1",
                       "release.revert",
                       crypto::sha256("b"),
                       {},
                       1,
                       StepId{"production/web-1/activate"}}};
    return approval;
}

class Approvals : public ::testing::Test {
  protected:
    using Signers = std::initializer_list<const crypto::SigningKey*>;
    [[nodiscard]] Result<Approval> verify(const Approval& approval, Signers signers) const {
        return verify_approval(f.file, TrustFixture::sign_approval(approval, signers));
    }
    [[nodiscard]] static Result<Approval> parsed_with(std::string_view from, std::string_view to) {
        std::string payload = serialize(example());
        const std::size_t at = payload.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        return parse_approval(payload.replace(at, from.size(), to));
    }

    TrustFixture f;
};

TEST_F(Approvals, EnoughPeopleInTheirRolesApprove) {
    const Approval approval = verify(example(), {&f.tom, &f.ben, &f.cat}).value();
    EXPECT_EQ(serialize(approval), serialize(example()));
    EXPECT_EQ(approval.undo_not_after, example().undo_not_after);
    EXPECT_EQ(approval.overrun, "undo");
    EXPECT_EQ(approval.closed, example().closed);
    EXPECT_NE(approval.find(StepId{"production/web-1/activate!undo"}), nullptr);
    EXPECT_EQ(approval.find(StepId{"production/web-1"}), nullptr);
    // Ann may test and own: with Tom as the tester she owns, with two other owners she tests.
    EXPECT_TRUE(verify(example(), {&f.ann, &f.tom, &f.ben}));
    EXPECT_TRUE(verify(example(), {&f.ann, &f.ben, &f.cat}));
}

TEST_F(Approvals, TooFewPeopleAreNamedByRole) {
    const auto short_of_one = verify(example(), {&f.ann, &f.ben});
    EXPECT_EQ(short_of_one.error().code(), Code::refused);
    EXPECT_TRUE(short_of_one.error().message().starts_with("R_APPROVAL: ")) << short_of_one.error().message();
    EXPECT_EQ(verify(example(), {}).error().message(),
              "R_APPROVAL: not enough people approved for production: owner 0/2, tester 0/1");
    EXPECT_FALSE(verify(example(), {&f.ben, &f.cat}));
}

TEST_F(Approvals, NobodyCountsTwiceAndNoStrangerCounts) {
    EXPECT_FALSE(verify(example(), {&f.tom, &f.ben, &f.ben})) << "the same key twice";
    EXPECT_FALSE(verify(example(), {&f.tom, &f.ben, &f.root1})) << "a key of another role";
    EXPECT_FALSE(verify(example(), {&f.tom, &f.ben, &f.token})) << "the controller's own key";
    const auto stranger = crypto::SigningKey::generate();
    EXPECT_FALSE(verify(example(), {&f.tom, &f.ben, &stranger}));

    // Ben's signature copied under Cat's id.
    dsse::Envelope copied =
        dsse::parse(TrustFixture::sign_approval(example(), {&f.tom, &f.ben, &f.ben})).value();
    copied.signatures[2].keyid = f.cat.public_key().id();
    EXPECT_FALSE(verify_approval(f.file, dsse::serialize(copied)));
}

TEST_F(Approvals, APersonWithTwoKeysIsOnePerson) {
    const auto second = fakes::test_key(31);
    const auto id = second.public_key().id();
    f.file.roles["approve/production/owner"].keyids.insert(id);
    f.file.keys.insert_or_assign(id, TrustedKey{second.public_key(), "Ben"});
    EXPECT_FALSE(verify(example(), {&f.tom, &f.ben, &second}));
    f.file.keys.insert_or_assign(id, TrustedKey{second.public_key(), "Bob"});
    EXPECT_TRUE(verify(example(), {&f.tom, &f.ben, &second}));
    f.file.keys.insert_or_assign(id, TrustedKey{second.public_key(), ""});
    EXPECT_TRUE(verify(example(), {&f.tom, &f.ben, &second})) << "without a label a key stands for itself";
}

TEST_F(Approvals, TheRequesterNeverCounts) {
    Approval own = example();
    own.requester = f.ben.public_key().id();
    EXPECT_FALSE(verify(own, {&f.tom, &f.ben, &f.cat}));
    EXPECT_TRUE(verify(own, {&f.tom, &f.ann, &f.cat}));

    const auto second = fakes::test_key(31);  // nor does a second key of the requester's
    f.file.roles["approve/production/owner"].keyids.insert(second.public_key().id());
    f.file.keys.insert_or_assign(second.public_key().id(), TrustedKey{second.public_key(), "Ben"});
    EXPECT_FALSE(verify(own, {&f.tom, &f.cat, &second}));
}

TEST_F(Approvals, IsForOneClusterAndOneEnvironment) {
    Approval other = example();
    other.cluster_id = ClusterId{"other"};
    EXPECT_EQ(verify(other, {&f.tom, &f.ben, &f.cat}).error().code(), Code::refused);
    other = example();
    other.environment = "staging";
    EXPECT_TRUE(verify(other, {})) << "the trust file says that staging needs nobody";
    other.environment = "laboratory";
    const auto unknown = verify(other, {&f.tom, &f.ben, &f.cat});
    EXPECT_EQ(unknown.error().code(), Code::refused) << "no role is not the same as no need";
    other.environment = "production/owner";
    EXPECT_FALSE(verify(other, {&f.tom, &f.ben, &f.cat}));
}

TEST_F(Approvals, ItsWindowIsNoLongerThanTheTrustFileAllows) {
    Approval longer = example();
    longer.not_after = longer.undo_not_after = longer.not_before + std::chrono::hours{72};
    EXPECT_TRUE(verify(longer, {&f.tom, &f.ben, &f.cat}));
    longer.undo_not_after += std::chrono::seconds{1};
    EXPECT_EQ(verify(longer, {&f.tom, &f.ben, &f.cat}).error().code(), Code::refused)
        << "the time to undo is a part of it";
    longer.not_after = longer.undo_not_after;
    EXPECT_EQ(verify(longer, {&f.tom, &f.ben, &f.cat}).error().code(), Code::refused);
    longer.not_after = longer.not_before;
    longer.closed.clear();
    EXPECT_FALSE(verify(longer, {&f.tom, &f.ben, &f.cat}));
}

TEST_F(Approvals, TheTimeToUndoIsNotBeforeTheWindowsEnd) {
    Approval undo = example();
    undo.undo_not_after = undo.not_after;
    EXPECT_TRUE(verify(undo, {&f.tom, &f.ben, &f.cat}));
    undo.undo_not_after -= std::chrono::seconds{1};
    EXPECT_EQ(parse_approval(serialize(undo)).error().code(), Code::invalid_argument);
    EXPECT_EQ(example().end_for(example().steps[0]), example().not_after);
    EXPECT_EQ(example().end_for(example().steps[1]), example().undo_not_after);
}

TEST_F(Approvals, OverrunIsOneOfThreeWords) {
    for (const char* word : {"finish", "stop", "undo"}) {
        Approval one = example();
        one.overrun = word;
        EXPECT_EQ(parse_approval(serialize(one)).value().overrun, word);
    }
    EXPECT_FALSE(parsed_with("\"overrun\":\"undo\"", "\"overrun\":\"\""));
    EXPECT_FALSE(parsed_with("\"overrun\":\"undo\"", "\"overrun\":\"go on\""));
    EXPECT_FALSE(parsed_with("\"overrun\":\"undo\",", ""));
}

TEST_F(Approvals, ClosedTimesHaveOneReading) {
    const auto with = [](std::vector<ClosedTime> closed) {
        Approval approval = example();
        approval.closed = std::move(closed);
        const auto parsed = parse_approval(serialize(approval));
        return parsed ? std::string() : parsed.error().message();
    };
    const auto at = [](std::int64_t second) { return from_unix_seconds(1'800'000'000 + second); };
    EXPECT_EQ(with({}), "");
    EXPECT_EQ(with({{at(0), at(7200), "all of it"}}), "");
    EXPECT_EQ(with({{at(-1), at(10), "early"}}), "approval: $.predicate.closed[0] is not inside the window");
    EXPECT_NE(with({{at(7000), at(7201), "late"}}), "");
    EXPECT_NE(with({{at(10), at(10), "empty"}}), "");
    EXPECT_NE(with({{at(20), at(10), "backwards"}}), "");
    EXPECT_EQ(with({{at(10), at(20), "a"}, {at(19), at(30), "b"}}),
              "approval: $.predicate.closed[1] begins before the one before it ended");
    EXPECT_NE(with({{at(10), at(20), "a"}, {at(5), at(8), "b"}}), "") << "not sorted";
    EXPECT_NE(with({{at(10), at(20), ""}}), "") << "without a name";
    EXPECT_NE(with({{at(10), at(20), std::string(201, 'a')}}), "");

    std::vector<ClosedTime> many;
    for (int i = 0; i < 1000; ++i) many.push_back({at(i), at(i + 1), "closed"});
    EXPECT_EQ(with(many), "");
    many.push_back({at(1000), at(1001), "closed"});
    EXPECT_EQ(with(many), "approval: $.predicate.closed has over 1000 elements");
    EXPECT_FALSE(parsed_with("\"name\":\"lunch\"", "\"name\":\"lunch\",\"for\":\"all\""));
}

TEST_F(Approvals, AnyChangedByteVoidsEverySignature) {
    dsse::Envelope envelope =
        dsse::parse(TrustFixture::sign_approval(example(), {&f.tom, &f.ben, &f.cat})).value();
    const crypto::Digest before = approval_digest(envelope.payload);
    envelope.signatures.push_back(envelope.signatures[0]);
    EXPECT_EQ(approval_digest(envelope.payload), before) << "more signatures do not change what is approved";
    const std::size_t at = envelope.payload.find("CHG0001");
    envelope.payload[at + 6] = '2';
    EXPECT_NE(approval_digest(envelope.payload), before);
    const auto changed = verify_approval(f.file, dsse::serialize(envelope));
    EXPECT_NE(changed.error().message().find("owner 0/2, tester 0/1"), std::string::npos);
}

TEST_F(Approvals, StrictReadingRefusesLooseDocuments) {
    EXPECT_FALSE(parsed_with("\"change\":", "\"extra\":1,\"change\":"));
    EXPECT_FALSE(parsed_with("\"change\":\"CHG0001\",", ""));
    EXPECT_FALSE(parsed_with("\"host\":\"web-1\",", ""));
    EXPECT_FALSE(parsed_with("\"host\":\"web-1\"", "\"host\":\"\""));
    EXPECT_FALSE(parsed_with("\"host\":\"web-1\"", "\"host\":\"web-2\"")) << "undone on another host";
    EXPECT_FALSE(parsed_with("\"max_attempts\":2", "\"max_attempts\":0"));
    EXPECT_FALSE(parsed_with("\"max_attempts\":2", "\"max_attempts\":1000000"));
    EXPECT_FALSE(parsed_with("\"max_attempts\":2", "\"max_attempts\":2,\"max_attempts\":3"));
    EXPECT_FALSE(parsed_with("approval/v1", "approval/v2"));
    EXPECT_FALSE(parsed_with("\"name\":\"plan\"", "\"name\":\"plot\""));
    EXPECT_FALSE(parsed_with("\"requester\":\"\"", "\"requester\":\"Ben\""));
    EXPECT_FALSE(parsed_with("\"release_counter\":7", "\"release_counter\":-7"));

    Approval twice = example();
    twice.steps.push_back(twice.steps[0]);
    EXPECT_FALSE(parse_approval(serialize(twice)));
    Approval dangling = example();
    dangling.steps[1].undo_of = StepId{"production/web-2/activate"};
    EXPECT_FALSE(parse_approval(serialize(dangling)));
    Approval elsewhere = example();
    elsewhere.steps[1].agent_id = AgentId{"0d5e3b1e-0000-4000-8000-000000000002"};
    EXPECT_FALSE(parse_approval(serialize(elsewhere)));
    Approval empty = example();
    empty.steps.clear();
    EXPECT_FALSE(parse_approval(serialize(empty)));
}

}  // namespace
}  // namespace signalbox::trust
