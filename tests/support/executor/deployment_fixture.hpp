// SPDX-License-Identifier: Apache-2.0
// A signed deployment for one host of the cluster of trust_fixture.hpp: approved steps and the tokens for
// them. Tests change any part before it is signed.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/json/json.hpp"
#include "common/token/token.hpp"
#include "common/trust/approval.hpp"
#include "tests/fakes/trust_fixture.hpp"

namespace signalbox::support {

struct DeploymentFixture {
    fakes::TrustFixture trust;
    AgentId agent{"11111111-2222-4333-8444-555555555555"};
    std::string host_name = "web-1";
    crypto::PublicKey record_key = fakes::test_key(20).public_key();
    std::string nonce = "bm9uY2U";
    Instant now = from_unix_seconds(1'800'000'000);
    trust::Approval approval = make_approval();
    std::map<std::string, std::string> actions;  // bytes by step id

    // The canonical bytes of an action, added to the approval as a step of this agent.
    std::string add_step(const std::string& id, const json::Json& action,
                         std::vector<crypto::Digest> artifacts = {}, int max_attempts = 1,
                         const std::string& undo_of = {}) {
        const std::string bytes = json::canonical(action);
        approval.steps.push_back({StepId{id}, agent, host_name, action.at("kind").get<std::string>(),
                                  crypto::sha256(bytes), std::move(artifacts), max_attempts,
                                  StepId{undo_of}});
        actions[id] = bytes;
        return bytes;
    }
    // Signed by Tom the tester and the owners Ben and Cat.
    [[nodiscard]] std::string approval_text() const {
        return fakes::TrustFixture::sign_approval(approval, {&trust.tom, &trust.ben, &trust.cat});
    }
    [[nodiscard]] token::Claims claims(const std::string& step, const std::string& jti) const {
        const trust::ApprovedStep* approved = approval.find(StepId{step});
        token::Claims out;
        out.iss = approval.cluster_id;
        out.aud = agent;
        out.iat = out.nbf = now;
        out.exp = now + std::chrono::seconds(300);
        out.jti = jti;
        out.akp = record_key.id();
        out.nce = nonce;
        out.act = approved->action;
        out.adg = approved->action_sha256;
        out.art = approved->artifact_sha256;
        out.apr = trust::approval_digest(trust::serialize(approval));
        out.stp = approved->step_id;
        out.att = 1;
        out.window_nbf = approval.not_before;
        out.window_exp = approval.end_for(*approved);
        out.rc = approval.release_counter;
        out.tv = 1;
        return out;
    }
    // 32 hex digits from a number.
    [[nodiscard]] static std::string jti(int number) {
        const std::string digits = std::to_string(number);
        return std::string(32 - digits.size(), '0') + digits;
    }
    [[nodiscard]] std::string token(const std::string& step, int number,
                                    const std::function<void(token::Claims&)>& change = {}) const {
        token::Claims signed_claims = claims(step, jti(number));
        if (change) change(signed_claims);
        return token::sign(signed_claims, trust.token);
    }

  private:
    [[nodiscard]] trust::Approval make_approval() const {
        trust::Approval made;
        made.cluster_id = ClusterId{"demo"};
        made.environment = "production";
        made.release_id = ReleaseId{"web-1.2.3-7"};
        made.release_counter = 7;
        made.plan_sha256 = crypto::sha256("plan");
        made.not_before = now - std::chrono::hours(1);
        made.not_after = now + std::chrono::hours(1);
        made.undo_not_after = now + std::chrono::hours(3);
        made.overrun = "finish";
        made.requester_name = "Rita";
        return made;
    }
};

}  // namespace signalbox::support
