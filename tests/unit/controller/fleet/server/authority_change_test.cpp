// SPDX-License-Identifier: Apache-2.0
// The cluster's authority is changed: who is asked to move, who holds it up, and what is written down.
#include "controller/fleet/server/authority_change.hpp"

#include "tests/unit/controller/fleet/server/fleet_fixture.hpp"

namespace signalbox::fleet {
namespace {

pki::Authority made(const fakes::ManualClock& clock, crypto::Random& random) {
    const auto files = pki::create_authority("demo", clock.now(), random).value();
    return pki::Authority::load(files.certificate_pem, files.key_pem).value();
}

struct TwoAuthorities final : Authorities {
    TwoAuthorities(const fakes::ManualClock& c, crypto::Random& r) : clock(c), random(r) {}
    const pki::Authority& present() const override { return first; }
    const pki::Authority* next() const override { return second ? &*second : nullptr; }
    const pki::Authority& issuing(Instant) const override { return second && settled ? *second : first; }
    std::string bundle_pem() const override { return {}; }
    Status prepare(Instant) override {
        if (second) return Error(Code::already_exists, "prepared");
        second = made(clock, random);
        return {};
    }
    Status retire() override {
        first = *std::move(second);
        second.reset();
        return {};
    }
    const fakes::ManualClock& clock;
    crypto::Random& random;
    pki::Authority first = made(clock, random);
    std::optional<pki::Authority> second;
    bool settled = true;
};

class AuthorityChangeTest : public Fleet {
  protected:
    AuthorityChangeTest() { hold("01", authorities.first); }
    void hold(const std::string& serial, const pki::Authority& by) {
        ASSERT_TRUE(
            store.add_certificate({serial, agent, clock.now(), clock.now(), by.fingerprint(), {}}).ok());
        ASSERT_TRUE(store.certificate_presented(serial, agent, clock.now()).ok());
    }
    void pass(Duration time) {
        clock.advance(time);
        strand.run_ready();
    }
    std::size_t asked(const std::shared_ptr<FakeLink>& link) {
        return link->of(v1::ControllerMessage::kRenewCertificate).size();
    }
    Result<v1::ShowAuthorityResponse> retire(bool force = false, const std::string& reason = {}) {
        v1::RetireAuthorityRequest request;
        request.set_force(force);
        request.set_reason(reason);
        return change.retire(admin, request);
    }

    access::Caller admin{"admin", "0123456789ab", {}, {}};
    fakes::FixedRandom random;
    TwoAuthorities authorities{clock, random};
    AuthorityChange change{
        {authorities, sessions, store, ledger, strand, clock, telemetry::Logger::silent()}};
};

TEST_F(AuthorityChangeTest, HostsAreAskedOnceOurPortsAcceptTheNextOne) {
    const auto link = connect();
    pass(std::chrono::minutes(1));
    EXPECT_EQ(asked(link), 0U) << "nothing is changed";
    authorities.settled = false;
    ASSERT_TRUE(change.prepare(admin, {}).ok());
    EXPECT_EQ(change.prepare(admin, {}).error().code(), Code::already_exists);
    pass(AuthorityChange::kSweep);
    EXPECT_EQ(asked(link), 0U);
    authorities.settled = true;
    pass(AuthorityChange::kSweep);
    pass(AuthorityChange::kSweep);
    EXPECT_EQ(asked(link), 1U) << "once";
    // It did not move; the stream that it was asked on ended of silence meanwhile.
    pass(AuthorityChange::kAskAgain);
    const auto again = connect();
    pass(AuthorityChange::kSweep);
    EXPECT_EQ(asked(again), 1U);
    hold("02", *authorities.second);
    pass(AuthorityChange::kAskAgain);
    const auto moved = connect();
    pass(AuthorityChange::kSweep);
    EXPECT_EQ(asked(moved), 0U);
}

TEST_F(AuthorityChangeTest, IsNotEndedWhileAHostIsLeftUnlessForced) {
    int told = 0;
    change.on_retired([&] { ++told; });
    ASSERT_TRUE(change.prepare(admin, {}).ok());
    const auto refused = retire();
    EXPECT_EQ(refused.error().code(), Code::failed_precondition);
    EXPECT_NE(refused.error().message().find("web-1"), std::string::npos);
    // Issued is not held: the answer may have been lost.
    ASSERT_TRUE(
        store.add_certificate({"02", agent, clock.now(), clock.now(), authorities.second->fingerprint(), {}})
            .ok());
    EXPECT_FALSE(retire().ok());
    ASSERT_TRUE(store.certificate_presented("02", agent, clock.now()).ok());
    const auto shown = change.show(admin, {}).value();
    EXPECT_EQ(shown.hosts(), 1U);
    EXPECT_TRUE(shown.left().empty());
    ASSERT_TRUE(retire().ok());
    EXPECT_EQ(told, 1);
    EXPECT_EQ(ledger_store.raw().back().kind, "decision:ca_retired");
}

TEST_F(AuthorityChangeTest, ForceNeedsAReasonAndMakesEveryStreamProveItselfAnew) {
    const auto link = connect();
    ASSERT_TRUE(change.prepare(admin, {}).ok());
    EXPECT_EQ(retire(true).error().code(), Code::invalid_argument);
    ASSERT_TRUE(retire(true, "the key was stolen").ok());
    EXPECT_FALSE(link->closed) << "our ports do not know yet";
    pass(AuthorityChange::kPortsSettle);
    EXPECT_TRUE(link->closed);
}

TEST_F(AuthorityChangeTest, AFullDiskAfterTheChangeKeepsNoStreamOfTheOldOneOpen) {
    int told = 0;
    change.on_retired([&] { ++told; });
    const auto link = connect();
    ASSERT_TRUE(change.prepare(admin, {}).ok());
    ledger_store.failure = Error(Code::unavailable, "disk full");
    EXPECT_EQ(retire(true, "the key was stolen").error().code(), Code::unavailable) << "it is said";
    EXPECT_EQ(told, 1);
    pass(AuthorityChange::kPortsSettle);
    EXPECT_TRUE(link->closed);
}

TEST_F(AuthorityChangeTest, TheBannedHoldNothingUp) {
    ASSERT_TRUE(change.prepare(admin, {}).ok());
    ASSERT_TRUE(sessions.set_state(agent, AgentState::banned, "gone", "admin").ok());
    EXPECT_TRUE(retire().ok());
}

}  // namespace
}  // namespace signalbox::fleet
