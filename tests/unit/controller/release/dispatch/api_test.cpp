// SPDX-License-Identifier: Apache-2.0
// A release as an operator sees it: plan, start, approve, watch, over the real engine and a host that obeys.
#include <gmock/gmock.h>

#include "common/token/token.hpp"
#include "controller/release/dispatch/release_api.hpp"
#include "tests/fakes/agent_port.hpp"
#include "tests/fakes/fixed_random.hpp"
#include "tests/fakes/manual_clock.hpp"
#include "tests/fakes/manual_strand.hpp"
#include "tests/fakes/release_store.hpp"
#include "tests/fakes/trust_fixture.hpp"
#include "tests/scenario/world.hpp"

namespace signalbox::dispatch {
namespace {

using testing::HasSubstr;

class Planner final : public PlannerPort {
  public:
    void plan(const PlanOrder& order, std::function<void(Result<Planned>)> done) override {
        plan::Plan made = scenario::make_plan("shop", 1);
        made.requester = order.requester;
        made.change = order.change;
        Planned planned;
        if (problem.message.empty()) {
            planned.plan = std::move(made);
        } else {
            planned.problems.push_back(problem);
        }
        done(std::move(planned));
    }
    estate::Problem problem;
};

class Trust final : public TrustPort {
  public:
    [[nodiscard]] const trust::TrustFile* current() const override { return &fixture.file; }
    [[nodiscard]] const crypto::SigningKey& token_key() const override { return fixture.token; }
    fakes::TrustFixture fixture;
};

class ReleaseApiTest : public testing::Test {
  protected:
    ReleaseApiTest() {
        for (const std::string& host : scenario::all_hosts()) {
            agents.agents[scenario::agent_of(host)] = {host,
                                                       host.substr(0, host.find('-')),
                                                       "active",
                                                       true,
                                                       "",
                                                       "nonce",
                                                       fakes::test_key(50).public_key().id(),
                                                       trust.fixture.file.version};
        }
        EXPECT_TRUE(engine.open().ok());
        strand.run_ready();
    }
    std::string start(const std::string& expect = {}) {
        v1::StartReleaseRequest request;
        request.set_manifest("releases/shop.yaml");
        request.set_expect_plan_sha256(expect);
        std::string id;
        api.start(robin, request, [&](Result<v1::StartReleaseResponse> answer) {
            if (answer) {
                id = answer->release_id();
            } else {
                id = answer.error().to_string();
            }
        });
        strand.run_ready();
        return id;
    }
    v1::ReleaseInfo get(const std::string& id) {
        v1::GetReleaseRequest request;
        request.set_release_id(id);
        v1::ReleaseInfo out;
        api.get(robin, request, [&](Result<v1::GetReleaseResponse> answer) { out = answer->release(); });
        return out;
    }
    Result<v1::ApproveResponse> approve(const std::string& id, const std::string& environment,
                                        const crypto::SigningKey& key, bool tamper = false) {
        v1::GetApprovalsRequest wanted;
        wanted.set_release_id(id);
        const auto documents = api.get_approvals(robin, wanted);
        v1::ApproveRequest request;
        request.set_release_id(id);
        request.set_environment(environment);
        request.set_kid(key.public_key().id().str());
        const v1::GetApprovalsResponse held = documents ? *documents : v1::GetApprovalsResponse();
        if (!documents) request.set_signature(std::string(64, 'x'));
        for (const auto& document : held.documents()) {
            if (document.environment() != environment) continue;
            const std::string payload = document.payload() + (tamper ? " " : "");
            request.set_signature(
                to_text(key.sign_now(as_bytes(dsse::pae(trust::kInTotoPayloadType, payload)))));
        }
        auto answer = api.approve(robin, request);
        strand.run_ready();
        return answer;
    }
    // Every host does what it is told, at once.
    void obey() {
        for (std::size_t i = 0; i < 100 && done < agents.executed.size(); ++i) {
            const auto [agent, order] = agents.executed[done++];
            engine.execute_answered(agent, {order.dispatch_id, true, "", ""});
            // The digest of the approval is in the token; a record says it again.
            const auto claims = token::parse_claims(token::open(order.token)->message);
            record::ActionRecord made;
            made.cluster_id = ClusterId("demo");
            made.agent_id = agent;
            made.boot_id = "boot";
            made.seq = ++seq[agent];
            made.kind = record::Kind::finished;
            made.approval_sha256 = claims->apr;
            made.step_id = claims->stp;
            made.attempt = claims->att;
            made.outcome = record::Outcome{};
            made.outcome->code = "ok";
            EXPECT_TRUE(engine.accept(agent, {{made, {}}}).ok());
            strand.run_ready();
        }
    }

    fakes::ManualClock clock;
    fakes::ManualStrand strand{clock};
    fakes::FixedRandom random;
    fakes::ReleaseStore store;
    fakes::AgentPort agents;
    Trust trust;
    Planner planner;
    ledger::Sealer sealer{ClusterId("demo"), trust.fixture.ledger};
    Engine engine{{store,
                   sealer,
                   agents,
                   trust,
                   strand,
                   clock,
                   random,
                   gate::standard_gates(),
                   telemetry::Logger::silent(),
                   {},
                   {}}};
    ReleaseApi api{{engine, planner, store, trust, sealer, strand}};
    access::Caller robin{"robin",
                         "000000000001",
                         {access::Role::coordinator},
                         fakes::test_key(12).public_key().id().str()};  // Ben
    std::size_t done = 0;
    std::map<AgentId, std::int64_t> seq;
};

TEST_F(ReleaseApiTest, GoesToProductionOnlyWithEnoughPeopleAndRecordsWhatIsLive) {
    const std::string id = start();
    obey();
    EXPECT_EQ(get(id).status(), "waiting");
    EXPECT_EQ(get(id).environment(), "production");
    EXPECT_EQ(agents.executed.size(), 5U) << "staging needs nobody; production nothing yet";

    EXPECT_TRUE(approve(id, "production", trust.fixture.tom).ok());
    EXPECT_TRUE(approve(id, "production", trust.fixture.ann).ok());
    obey();
    EXPECT_EQ(get(id).status(), "waiting") << "one owner of two";
    const auto last = approve(id, "production", trust.fixture.cat);
    ASSERT_TRUE(last.ok()) << last.error().to_string();
    obey();
    EXPECT_EQ(get(id).status(), "succeeded");
    const auto placements = store.placements();
    EXPECT_EQ(placements->colours.size(), 2U);
    EXPECT_EQ(placements->hosts.size(), 4U);
    EXPECT_EQ(placements->hosts[0].version, "1.1.0");
}

TEST_F(ReleaseApiTest, SignaturesThatDoNotCountAreRefusedWithTheReason) {
    const std::string id = start();
    const auto own = approve(id, "production", trust.fixture.ben);
    ASSERT_FALSE(own.ok());
    EXPECT_THAT(own.error().message(), HasSubstr("requester's own key"));
    const auto stranger = approve(id, "production", trust.fixture.ledger);
    ASSERT_FALSE(stranger.ok());
    EXPECT_EQ(stranger.error().code(), Code::permission_denied);
    const auto other_bytes = approve(id, "production", trust.fixture.tom, true);
    ASSERT_FALSE(other_bytes.ok());
    EXPECT_THAT(other_bytes.error().message(), HasSubstr("does not verify"));
    EXPECT_FALSE(approve(id, "nowhere", trust.fixture.tom).ok());
    EXPECT_FALSE(approve("no-such-release", "production", trust.fixture.tom).ok());
}

TEST_F(ReleaseApiTest, AnotherPlanThanTheOneThatWasShownIsNotStarted) {
    EXPECT_THAT(start(std::string(64, '0')), HasSubstr("was expected"));
    EXPECT_EQ(store.commits(), 1U) << "only the controller's start";
    const std::string id = start();
    EXPECT_THAT(start(), HasSubstr("has not ended"));
    planner.problem = {{"releases/shop.yaml", 3, 7}, "unknown key 'verison'", "Write 'version'", false};
    EXPECT_THAT(start(), HasSubstr("releases/shop.yaml:3:7"));
}

TEST_F(ReleaseApiTest, PlanShowsWhatWouldBlockAndChangesNothing) {
    agents.agents[scenario::agent_of("production-legacy")].online = false;
    v1::PlanResponse plan;
    api.plan(robin, {}, [&](Result<v1::PlanResponse> answer) { plan = *answer; });
    std::map<std::string, std::string> verdicts;
    for (const auto& gate : plan.gates()) verdicts[gate.environment() + "/" + gate.gate()] = gate.verdict();
    EXPECT_EQ(verdicts.at("production/agents_online"), "wait");
    EXPECT_EQ(verdicts.at("production/approval"), "wait");
    EXPECT_EQ(verdicts.at("staging/approval"), "pass");
    EXPECT_EQ(verdicts.at("staging/trust_valid"), "pass");
    EXPECT_EQ(store.commits(), 1U);
}

TEST_F(ReleaseApiTest, ALongPollAnswersAtTheNextChangeOrWhenItsTimeIsOver) {
    const std::string id = start();
    v1::GetReleaseRequest request;
    request.set_release_id(id);
    request.set_after_revision(get(id).revision());
    request.set_wait_ms(5000);
    int answers = 0;
    const auto count = [&](const Result<v1::GetReleaseResponse>& answer) { answers += answer.ok() ? 1 : 0; };
    api.get(robin, request, count);
    EXPECT_EQ(answers, 0);
    obey();
    EXPECT_EQ(answers, 1);
    request.set_after_revision(get(id).revision());
    api.get(robin, request, count);
    strand.advance(std::chrono::seconds(6));
    EXPECT_EQ(answers, 2);
}

TEST_F(ReleaseApiTest, CommandsSayWhyTheyCannotBeDone) {
    const std::string id = start();
    v1::ReleaseCommandRequest request;
    request.set_release_id(id);
    EXPECT_FALSE(api.resume(robin, request).ok());
    request.set_reason("lunch");
    const auto halted = api.halt(robin, request);
    ASSERT_TRUE(halted.ok());
    EXPECT_THAT(halted->release().reason(), HasSubstr("halted by robin: lunch"));
    ASSERT_TRUE(api.abort(robin, request).ok());
    request.set_release_id("nothing");
    EXPECT_EQ(api.undo(robin, request).error().code(), Code::not_found);
}

}  // namespace
}  // namespace signalbox::dispatch
