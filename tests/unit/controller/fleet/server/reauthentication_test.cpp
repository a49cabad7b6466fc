// SPDX-License-Identifier: Apache-2.0
#include "controller/fleet/server/reauthentication.hpp"

#include <gmock/gmock.h>

#include <set>

#include "common/join/join_line.hpp"
#include "common/pki/certificate.hpp"
#include "common/pki/key.hpp"
#include "tests/unit/controller/fleet/server/fleet_fixture.hpp"

namespace signalbox::fleet {
namespace {

using namespace std::chrono_literals;

class Reauthentication : public Fleet {
  protected:
    static pki::Authority make(const fakes::ManualClock& clock, crypto::Random& random) {
        const auto files = pki::create_authority("demo", clock.now(), random).value();
        return pki::Authority::load(files.certificate_pem, files.key_pem).value();
    }
    ReturnRequest request(const AgentId& id, const std::string& challenge, const crypto::SigningKey& key) {
        ReturnRequest out{"192.0.2.1", id, challenge, to_bytes(csr.csr_der), {}};
        const std::string message = join::return_message(cluster, id, challenge, crypto::sha256(csr.csr_der),
                                                         info.record_key.id().str());
        const crypto::Signature proof = key.sign_now(as_bytes(message));
        out.record_proof.assign(proof.begin(), proof.end());
        return out;
    }
    std::string challenge_for(const AgentId& id) { return returns.challenge(id, clock.now()).value(); }

    fakes::FixedRandom random;
    pki::Authority authority = make(clock, random);
    OneAuthority authorities{authority};
    AgentCa ca{cluster, authorities, random};
    Reauthenticator returns{cluster, store, ledger, ca, random, telemetry::Logger::silent()};
    pki::KeyAndRequest csr = pki::make_key_and_request().value();
};

TEST_F(Reauthentication, TheRecordKeyBringsANewCertificateForTheSameIdentity) {
    const auto leaf = returns.come_back(request(agent, challenge_for(agent), records.key()), clock.now());
    ASSERT_TRUE(leaf.ok()) << leaf.error().to_string();
    EXPECT_EQ(pki::single_uri(pki::parse_certificate(leaf->pem).value()).value(),
              "spiffe://demo/agent/" + agent.str());
    EXPECT_EQ(store.certificates().size(), 1U);
    EXPECT_EQ(ledger_store.raw().back().kind, "decision:agent_returned");
    ASSERT_TRUE(sessions.set_state(agent, AgentState::quarantined, "odd", "admin").ok());
    EXPECT_TRUE(returns.come_back(request(agent, challenge_for(agent), records.key()), clock.now()).ok())
        << "a quarantined host still reports";
}

TEST_F(Reauthentication, WhatDoesNotCountGetsOneAnswer) {
    const auto stranger = crypto::SigningKey::generate();
    Reauthenticator other(cluster, store, ledger, ca, random, telemetry::Logger::silent());
    std::string tampered = challenge_for(agent);
    tampered[0] = static_cast<char>(tampered[0] == '9' ? '8' : '9');  // a later end
    const std::string late = challenge_for(agent);
    std::set<std::string> answers;
    const auto refused = [&](const ReturnRequest& wanted, Duration later = {}) {
        const auto leaf = returns.come_back(wanted, clock.now() + later);
        ASSERT_FALSE(leaf.ok());
        EXPECT_EQ(leaf.error().code(), Code::unauthenticated);
        answers.insert(leaf.error().to_string());
    };
    refused(request(id_of(9), challenge_for(id_of(9)), stranger));    // nobody
    refused(request(agent, challenge_for(agent), stranger));          // another key
    refused(request(agent, challenge_for(id_of(2)), records.key()));  // another agent's challenge
    refused(request(agent, tampered, records.key()));
    refused(request(agent, "nonsense", records.key()));
    refused(
        request(agent, other.challenge(agent, clock.now()).value(), records.key()));  // not of this process
    refused(request(agent, late, records.key()), Reauthenticator::kGoodFor);
    EXPECT_EQ(answers.size(), 1U);
    EXPECT_TRUE(store.certificates().empty());
    EXPECT_FALSE(returns.challenge(AgentId("../../x"), clock.now()).ok());
    for (int i = 0; i < 3; ++i) refused(request(agent, "nonsense", records.key()));
    const auto locked = returns.come_back(request(agent, challenge_for(agent), records.key()), clock.now());
    EXPECT_EQ(locked.error().code(), Code::resource_exhausted);
}

TEST_F(Reauthentication, TheBannedStayOut) {
    ASSERT_TRUE(sessions.set_state(agent, AgentState::banned, "stolen", "admin").ok());
    const auto leaf = returns.come_back(request(agent, challenge_for(agent), records.key()), clock.now());
    EXPECT_EQ(leaf.error().code(), Code::permission_denied);
    EXPECT_TRUE(store.certificates().empty());
}

}  // namespace
}  // namespace signalbox::fleet
