// SPDX-License-Identifier: Apache-2.0
// The release API over the real engine and hosts that obey: shared by the tests of this folder.
#pragma once

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "common/token/token.hpp"
#include "common/trust/withdrawal.hpp"
#include "controller/release/dispatch/release_api.hpp"
#include "tests/fakes/agent_port.hpp"
#include "tests/fakes/fixed_random.hpp"
#include "tests/fakes/hybrid_release.hpp"
#include "tests/fakes/manual_clock.hpp"
#include "tests/fakes/manual_strand.hpp"
#include "tests/fakes/release_store.hpp"
#include "tests/fakes/trust_fixture.hpp"

namespace signalbox::dispatch {

using testing::HasSubstr;

class Planner final : public PlannerPort {
  public:
    void plan(const PlanOrder& order, std::function<void(Result<Planned>)> done) override {
        plan::Plan made = fakes::make_plan("shop", 1);
        made.requester = order.requester;
        made.change = order.change;
        for (plan::PlanEnvironment& environment : made.environments) {
            environment.calendar.blackouts = closed;
            if (!closed.empty()) environment.calendar.name = "retail";
        }
        made.overrun = overrun;
        Planned planned;
        if (problem.message.empty()) {
            planned.plan = std::move(made);
        } else {
            planned.problems.push_back(problem);
        }
        done(std::move(planned));
    }
    estate::Problem problem;
    std::vector<calendar::Blackout> closed;
    plan::Overrun overrun = plan::Overrun::finish;
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
        for (const std::string& host : fakes::all_hosts()) {
            agents.agents[fakes::agent_of(host)] = {host,
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
    // As the real ledger reads what the store appended.
    std::vector<ledger::StoredEntry> entries(const ledger::EntryQuery& query) const {
        std::vector<ledger::StoredEntry> out;
        for (std::size_t i = 0; i < store.entries().size(); ++i) {
            const ledger::PendingEntry& entry = store.entries()[i];
            if (i < query.from || (query.before && i >= *query.before)) continue;
            if (query.kind.empty() || entry.kind == query.kind) out.push_back({i, entry});
        }
        if (query.newest_first) std::reverse(out.begin(), out.end());
        if (out.size() > query.limit) out.resize(query.limit);
        return out;
    }
    std::string start(const std::string& expect = {}, v1::StartReleaseRequest request = {}) {
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
        auto answer = api.approve(approver, request);
        strand.run_ready();
        return answer;
    }
    Result<v1::WithdrawApprovalResponse> withdraw(const std::string& id, const std::string& environment,
                                                  const crypto::SigningKey& key,
                                                  const std::string& claimed = "production") {
        const ApprovalDocument* held = engine.loaded(ReleaseId(id))->approval(environment);
        const trust::Withdrawal withdrawal{
            ClusterId("demo"), claimed,    trust::approval_digest(held->payload), id,
            "a bad build",     clock.now()};
        v1::WithdrawApprovalRequest request;
        request.set_release_id(id);
        request.set_environment(environment);
        request.set_withdrawal(
            fakes::signed_text(trust::kInTotoPayloadType, trust::serialize(withdrawal), {&key}));
        auto answer = api.withdraw(robin, request);
        strand.run_ready();
        return answer;
    }
    // Every host does what it is told, at once.
    void obey() {
        for (std::size_t i = 0; i < 100 && done < agents.executed.size(); ++i) obey_one();
    }
    void obey_one() {
        if (done < agents.executed.size()) {
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
    ReleaseApi api{{engine, planner, store, trust, sealer, strand,
                    [this](const ledger::EntryQuery& query) { return entries(query); }}};
    access::Caller approver{"sam", "2", {access::Role::approver}, ""};
    access::Caller robin{"robin",
                         "000000000001",
                         {access::Role::coordinator},
                         fakes::test_key(12).public_key().id().str()};  // Ben
    std::size_t done = 0;
    std::map<AgentId, std::int64_t> seq;
};

}  // namespace signalbox::dispatch
