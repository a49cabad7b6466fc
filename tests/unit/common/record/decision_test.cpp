// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "common/record/record.hpp"

namespace signalbox::record {
namespace {

Decision example() {
    return {ClusterId{"demo"}, from_unix_seconds(1'800'000'000), "token_minted",
            json::parse(R"({"step_id":"s","jti":"j","nested":{"n":[1,2]}})").value()};
}

TEST(Decision, ComesBackAsItWas) {
    const Decision read = parse_decision(serialize(example())).value();
    EXPECT_EQ(serialize(read), serialize(example()));
    EXPECT_EQ(read.kind, "token_minted");
    EXPECT_EQ(read.data, example().data);
}

TEST(Decision, ItsSubjectStandsForItsData) {
    std::string payload = serialize(example());
    payload.replace(payload.find("\"jti\":\"j\""), 9, "\"jti\":\"k\"");
    EXPECT_FALSE(parse_decision(payload));
}

TEST(Decision, IsNotTakenForAnActionNorTheOtherWay) {
    EXPECT_FALSE(parse_action_record(serialize(example())));
    ActionRecord record;
    record.agent_id = AgentId{"a"};
    EXPECT_FALSE(parse_decision(serialize(record)));
    Decision empty = example();
    empty.kind.clear();
    EXPECT_FALSE(parse_decision(serialize(empty)));
    empty = example();
    empty.data = json::Json::array();
    EXPECT_FALSE(parse_decision(serialize(empty)));
}

TEST(Decision, OpensUnderTheLedgerKey) {
    const auto key = crypto::SigningKey::generate();
    const Opened opened = open(seal(example(), key)).value();
    EXPECT_EQ(opened.predicate_type, kDecisionPredicate);
    EXPECT_TRUE(dsse::signed_by(opened.envelope, key.public_key()));
    Decision large = example();
    large.data["x"] = std::string(kMaxDecisionBytes, 'x');
    EXPECT_EQ(open(seal(large, key)).error().code(), Code::resource_exhausted);
}

}  // namespace
}  // namespace signalbox::record
