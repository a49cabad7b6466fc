// SPDX-License-Identifier: Apache-2.0
// A standing approval for patch releases of one service on one host, and releases under it that nobody
// signed.
#pragma once

#include "common/trust/standing.hpp"
#include "common/trust/withdrawal.hpp"
#include "tests/support/executor/admission_scene.hpp"

namespace signalbox::support {

// What it takes to present a step under a standing approval. `deployment` holds the release's own document.
struct StandingFixture {
    explicit StandingFixture(DeploymentFixture& of) : deployment(&of) {
        trust::TrustFile& file = of.trust.file;
        const auto id = builder.public_key().id();
        file.keys.insert_or_assign(id, trust::TrustedKey{builder.public_key(), "build server"});
        file.roles["artifact/production"].keyids.insert(id);
        standing.cluster_id = ClusterId{"demo"};
        standing.environment = "production";
        standing.name = "web-patches";
        standing.service = "web";
        standing.versions = {1, 4, 2};
        standing.uses = 2;
        standing.release_counter = 6;
        standing.overrun = "finish";
        standing.requester_name = "Rita";
        standing.steps = {{StepId{"production/web-1/run"},
                           of.agent,
                           "web-1",
                           {{"kind", "command.run"},
                            {"service", "web"},
                            {"deadline_s", 60},
                            {"argv", {"/bin/sh", "-c", "echo ${release.version} >> versions"}}},
                           0,
                           2,
                           {}},
                          {StepId{"production/web-1/run!undo"},
                           of.agent,
                           "web-1",
                           {{"kind", "command.run"},
                            {"service", "web"},
                            {"deadline_s", 60},
                            {"argv", {"/bin/sh", "-c", "echo back >> versions"}}},
                           0,
                           1,
                           StepId{"production/web-1/run"}}};
        set_time(of.now);
        statement.cluster_id = standing.cluster_id;
        statement.service = "web";
        statement.sha256 = crypto::sha256("artifact");
        statement.size = 8;
        statement.format = "tar";
    }
    void set_time(Instant now) {
        standing.not_before = now - std::chrono::hours(24);
        standing.not_after = now + std::chrono::hours(24 * 30);
    }
    // The document of a release of this version; nobody signs it. Its steps are what the standing approval's
    // become, before `change`.
    void release(const std::string& version, std::int64_t counter,
                 const std::function<void(trust::Approval&)>& change = {}) {
        statement.version = version;
        trust::Approval& made = deployment->approval;
        made.release_id = ReleaseId{"web-" + version + "-" + std::to_string(counter)};
        made.release_counter = counter;
        made.standing = digest();
        made.steps.clear();
        for (const trust::StandingStep& step : standing.steps) {
            const std::string bytes = trust::fill(step, statement);
            made.steps.push_back({step.step_id, step.agent_id, step.host, step.action["kind"],
                                  crypto::sha256(bytes),
                                  std::vector(static_cast<std::size_t>(step.artifacts), statement.sha256),
                                  step.max_attempts, step.undo_of});
            deployment->actions[step.step_id.str()] = bytes;
        }
        if (change) change(made);
    }
    [[nodiscard]] crypto::Digest digest() const { return trust::approval_digest(trust::serialize(standing)); }
    [[nodiscard]] std::string unsigned_release() const {
        return fakes::TrustFixture::sign_approval(deployment->approval, {});
    }
    using Signers = std::initializer_list<const crypto::SigningKey*>;
    [[nodiscard]] std::string standing_text(Signers signers) const {
        return fakes::signed_text(trust::kInTotoPayloadType, trust::serialize(standing), signers);
    }
    [[nodiscard]] std::string standing_text() const {
        const auto& t = deployment->trust;
        return standing_text({&t.tom, &t.ben, &t.cat});
    }
    [[nodiscard]] std::string statement_text(const crypto::SigningKey& signer) const {
        return fakes::signed_text(trust::kInTotoPayloadType, trust::serialize(statement), {&signer});
    }
    [[nodiscard]] std::string statement_text() const { return statement_text(builder); }
    [[nodiscard]] std::string withdrawal_text(const crypto::Digest& approval,
                                              const crypto::SigningKey& signer,
                                              const std::string& environment = "production") const {
        const trust::Withdrawal withdrawal{ClusterId{"demo"}, environment,   approval,
                                           "web-patches",     "a bad build", deployment->now};
        return fakes::signed_text(trust::kInTotoPayloadType, trust::serialize(withdrawal), {&signer});
    }

    DeploymentFixture* deployment;
    crypto::SigningKey builder = fakes::test_key(40);
    trust::StandingApproval standing;
    trust::ArtifactStatement statement;
};

}  // namespace signalbox::support
