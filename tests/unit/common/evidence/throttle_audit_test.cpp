// SPDX-License-Identifier: Apache-2.0
#include "common/evidence/throttle_audit.hpp"

#include <gmock/gmock.h>

#include "common/crypto/digest.hpp"

namespace signalbox::evidence {
namespace {

constexpr const char* kScope = "environment:production";

// A ledger that is written entry by entry, each a second after the other.
class AuditTest : public testing::Test {
  protected:
    Instant now() const { return from_unix_seconds(1'800'000'000 + static_cast<std::int64_t>(second)); }
    void decide(const char* kind, json::Json data) {
        data["at"] = to_rfc3339(now());
        record::Decision decision{ClusterId("demo"), now(), kind, std::move(data)};
        const Status added = audit.add(next++, decision);
        EXPECT_TRUE(added.ok()) << added.error().to_string();
        ++second;
    }
    json::Json about(const char* event, const std::string& step, int attempt) {
        return {{"event", event}, {"release_id", "pay-1"}, {"step_id", step}, {"attempt", attempt}};
    }
    void mint(const std::string& step, const std::string& jti, int limit, int attempt = 1,
              bool again = false) {
        json::Json data = about("minted", step, attempt);
        data["jti"] = jti;
        data["token_sha256"] = crypto::sha256(jti).hex();
        data["again"] = again;
        data["expires"] = to_rfc3339(now() + std::chrono::seconds(300));
        if (says_run_by) data["run_by"] = to_rfc3339(now() + std::chrono::seconds(450));
        data["scopes"] = {{kScope, limit}, {"service:pay", 0}};
        decide(again ? "release_event" : "token_minted", std::move(data));
    }
    void record(record::Kind kind, const std::string& jti, const char* code = "ok") {
        record::ActionRecord out;
        out.kind = kind;
        out.jti = jti;
        out.outcome = record::Outcome{};
        out.outcome->code = code;
        audit.add(next++, out);
        ++second;
    }
    void run(const std::string& step, const std::string& jti, int limit) {
        mint(step, jti, limit);
        record(record::Kind::started, jti);
        record(record::Kind::finished, jti);
    }
    const ScopeAudit& scope(const ThrottleReport& report, const std::string& name = kScope) {
        for (const ScopeAudit& each : report.scopes) {
            if (each.scope == name) return each;
        }
        ADD_FAILURE() << name;
        return report.scopes.front();
    }

    ThrottleAudit audit;
    bool says_run_by = true;
    std::uint64_t next = 0;
    std::uint64_t second = 0;
};

TEST_F(AuditTest, CountsWhatWasInFlightAtOnce) {
    run("a", "1", 2);
    mint("b", "2", 2);
    mint("c", "3", 2);
    record(record::Kind::started, "2");
    record(record::Kind::finished, "2");
    mint("d", "4", 2);
    const ThrottleReport report = audit.report();
    EXPECT_TRUE(report.kept());
    EXPECT_EQ(report.tokens, 4U);
    EXPECT_EQ(scope(report).highest.in_flight, 2);
    EXPECT_EQ(scope(report).highest.limit, 2);
    EXPECT_EQ(scope(report).highest.index, 4U);
    EXPECT_THAT(scope(report).highest.steps,
                testing::ElementsAre(InFlight{"pay-1", "b"}, InFlight{"pay-1", "c"}));
    EXPECT_EQ(scope(report, "service:pay").highest.limit, 0);
    EXPECT_EQ(report.on_word, 0U);
}

TEST_F(AuditTest, OneTooManyIsFoundAndNamed) {
    mint("a", "1", 1);
    record(record::Kind::started, "1");
    mint("b", "2", 1);
    record(record::Kind::finished, "1");
    record(record::Kind::finished, "2");
    const ThrottleReport report = audit.report();
    EXPECT_FALSE(report.kept());
    ASSERT_TRUE(scope(report).exceeded);
    EXPECT_EQ(scope(report).exceeded->index, 2U);
    EXPECT_EQ(scope(report).exceeded->in_flight, 2);
    EXPECT_EQ(scope(report).exceeded->limit, 1);
    EXPECT_EQ(scope(report).exceeded->steps.size(), 2U);
}

TEST_F(AuditTest, AStepOfWhichNobodyHeardCountsUntilItMustBeOver) {
    mint("a", "1", 1);
    record(record::Kind::started, "1");
    second += 440;  // unknown by now, and may still run
    ThrottleAudit early = audit;
    mint("b", "2", 1);
    record(record::Kind::finished, "2");
    EXPECT_FALSE(audit.report().kept());
    audit = early;
    second += 60;
    mint("c", "3", 1);
    record(record::Kind::finished, "3");
    record(record::Kind::finished, "1");  // its host is back
    EXPECT_TRUE(audit.report().kept());
}

// Ledgers from before mints said so are read all the same.
TEST_F(AuditTest, AMintWithoutRunByProvesNothingUntilItsEndIsRecorded) {
    says_run_by = false;
    mint("a", "1", 2);
    record(record::Kind::started, "1");
    second += 100'000;
    EXPECT_FALSE(audit.report().kept());
    EXPECT_THAT(audit.report().no_run_by, testing::ElementsAre(InFlight{"pay-1", "a"}));
    mint("b", "2", 1);
    EXPECT_TRUE(scope(audit.report()).unproven) << "it may run for ever, as far as the ledger says";
    record(record::Kind::finished, "2");
    record(record::Kind::finished, "1");
    EXPECT_FALSE(scope(audit.report()).unproven);
    EXPECT_TRUE(scope(audit.report()).exceeded) << "both ran then";
    EXPECT_TRUE(audit.report().no_run_by.empty());
}

// Found by the simulation: the slot of a token that came to nothing was free until the next one.
TEST_F(AuditTest, AnAttemptThatStartsWithALaterTokenHeldNothingBetweenTheTwo) {
    mint("a", "1", 1);
    second = 400;
    run("b", "2", 1);
    mint("a", "3", 1);
    record(record::Kind::started, "3");
    record(record::Kind::finished, "3");
    EXPECT_TRUE(audit.report().kept());
}

TEST_F(AuditTest, ATokenMayBeAdmittedSomeTimeAfterItsEnd) {
    mint("a", "1", 1);
    second = 330;
    mint("b", "2", 1);
    EXPECT_FALSE(audit.report().kept());
}

TEST_F(AuditTest, ATokenRefusedForALackOfTrustMayComeAgain) {
    mint("a", "1", 1);
    record(record::Kind::refused, "1", "refused:R_TRUST");
    mint("b", "2", 1);
    EXPECT_FALSE(audit.report().kept());
}

TEST_F(AuditTest, AnEmergencyHasItsOwnLimit) {
    mint("a", "1", 1);
    mint("hotfix", "2", 3);  // above the limit of the others, below the hard cap
    EXPECT_TRUE(audit.report().kept());
    EXPECT_EQ(scope(audit.report()).highest.in_flight, 2);
    EXPECT_EQ(scope(audit.report()).highest.limit, 3);
    mint("b", "3", 1);  // but nobody else profits from it
    EXPECT_FALSE(audit.report().kept());
}

TEST_F(AuditTest, ATokenThatWasNeverUsedHoldsItsSlotUntilItExpires) {
    mint("a", "1", 1);
    second = 299;
    mint("b", "2", 1);
    EXPECT_FALSE(audit.report().kept());
    AuditTest::audit = ThrottleAudit();
    second = 0;
    mint("a", "1", 1);
    second = 361;  // its end, and the leniency of two clocks
    mint("b", "2", 1);
    EXPECT_TRUE(audit.report().kept());
}

TEST_F(AuditTest, AStartThatIsToldLateWasAStartAllTheSame) {
    mint("a", "1", 1);
    second = 400;
    mint("b", "2", 1);
    record(record::Kind::started, "1");  // its records came late
    record(record::Kind::finished, "1");
    record(record::Kind::finished, "2");
    EXPECT_FALSE(audit.report().kept());
}

TEST_F(AuditTest, TheSameTokenAfterARestartTakesNoSecondSlot) {
    mint("a", "1", 1);
    decide("release_event", {{"event", "controller_started"}});
    mint("a", "1", 1, 1, true);
    record(record::Kind::started, "1");
    record(record::Kind::finished, "1");
    mint("b", "2", 1);
    EXPECT_TRUE(audit.report().kept());
    EXPECT_EQ(audit.report().tokens, 2U);
    EXPECT_EQ(scope(audit.report()).highest.in_flight, 1);
}

TEST_F(AuditTest, TwoTokensForOneAttemptAreOneSlot) {
    mint("a", "1", 1);
    mint("a", "2", 1);  // its host had been started again
    EXPECT_EQ(scope(audit.report()).highest.in_flight, 1);
    record(record::Kind::started, "2");
    record(record::Kind::finished, "2");
    mint("b", "3", 1);  // the first token is as dead as the attempt
    EXPECT_TRUE(audit.report().kept());
}

TEST_F(AuditTest, ARefusalForGoodGivesTheSlotBackAndAnotherDoesNot) {
    mint("a", "1", 1);
    record(record::Kind::refused, "1", "refused:R_DIGEST");
    mint("b", "2", 1);
    EXPECT_TRUE(audit.report().kept());
    record(record::Kind::refused, "2", "refused:R_EARLY");
    mint("c", "3", 1);
    EXPECT_FALSE(audit.report().kept());
}

TEST_F(AuditTest, ARefusalOfATokenThatCouldNotBeVerifiedNamesItByItsDigest) {
    mint("a", "1", 1);
    record::ActionRecord refused;
    refused.kind = record::Kind::refused;
    refused.token_sha256 = crypto::sha256("1");
    refused.outcome = record::Outcome{};
    refused.outcome->code = "refused:R_NONCE";
    audit.add(next++, refused);
    mint("b", "2", 1);
    EXPECT_TRUE(audit.report().kept());
}

TEST_F(AuditTest, WhatTheControllerSaysIsCountedApart) {
    mint("a", "1", 1);
    json::Json answer = about("query_answered", "a", 0);
    answer["found"] = "never";
    answer["token_dead"] = true;
    decide("release_event", answer);
    mint("b", "2", 1);
    json::Json done = about("query_answered", "b", 1);
    done["found"] = "done";
    decide("release_event", done);
    mint("c", "3", 1);
    EXPECT_TRUE(audit.report().kept());
    EXPECT_EQ(audit.report().on_word, 2U);
    record(record::Kind::finished, "2");  // the record came in the end
    EXPECT_EQ(audit.report().on_word, 1U);
}

TEST_F(AuditTest, AStepWhoseEndNobodyRecordedProvesNothing) {
    mint("a", "1", 1);
    record(record::Kind::started, "1");
    second = 400;  // it may still run
    mint("b", "2", 1);
    const ThrottleReport report = audit.report();
    EXPECT_FALSE(report.kept()) << "what is not known is not kept";
    EXPECT_FALSE(scope(report).exceeded);
    ASSERT_TRUE(scope(report).unproven);
    EXPECT_THAT(report.never_ended, testing::ElementsAre(InFlight{"pay-1", "a"}));
}

TEST_F(AuditTest, ALowerLimitBindsOnlyWhatIsStartedUnderIt) {
    mint("a", "1", 3);
    mint("b", "2", 3);
    mint("a", "1", 1, 1, true);  // peak hours have begun; nothing new was started
    EXPECT_TRUE(audit.report().kept());
}

TEST_F(AuditTest, EntriesThatCannotBeReadAreErrors) {
    record::Decision decision{ClusterId("demo"), now(), "token_minted", {{"event", "minted"}}};
    EXPECT_FALSE(audit.add(0, decision).ok());
    EXPECT_FALSE(audit.add(0, "no envelope").ok());
}

TEST_F(AuditTest, NothingWasMintedAndNothingWasExceeded) {
    EXPECT_TRUE(audit.report().kept());
    EXPECT_TRUE(audit.report().scopes.empty());
}

}  // namespace
}  // namespace signalbox::evidence
