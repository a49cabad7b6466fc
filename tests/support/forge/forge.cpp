// SPDX-License-Identifier: Apache-2.0
// The attacker of the acceptance test: it holds everything that a controller and a network face hold (token
// key, ledger key, the executor's socket, every stored approval) and no approver's key. It tries to make a
// production host run its command in every way that such a holder has, and prints one JSON line for each try.
//
//   forge SOCKET TOKEN_KEY LEDGER_KEY TRUST_DSSE REAL_APPROVAL_DSSE REAL_ACTION COMMAND…
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "agent/ipc/client.hpp"
#include "common/base/time.hpp"
#include "common/crypto/key_file.hpp"
#include "common/crypto/random.hpp"
#include "common/dsse/dsse.hpp"
#include "common/json/json.hpp"
#include "common/token/token.hpp"
#include "common/trust/approval.hpp"
#include "common/trust/trust_file.hpp"

namespace signalbox {
namespace {

using namespace std::chrono_literals;

std::string read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

class Attacker {
  public:
    Attacker(ipc::Client& face, ipc::Hello host, crypto::SigningKey token_key, crypto::SigningKey ledger_key,
             trust::TrustFile trust, std::string real_approval, std::string real_action,
             std::string evil_action)
        : face_(face),
          host_(std::move(host)),
          token_key_(std::move(token_key)),
          ledger_key_(std::move(ledger_key)),
          trust_(std::move(trust)),
          real_approval_(std::move(real_approval)),
          real_action_(std::move(real_action)),
          evil_action_(std::move(evil_action)) {}

    void all() {
        const trust::Approval forged = forge(host_.identity->environment);
        present("approval without a signature", seal(forged, {}), evil_action_);
        present("approval signed with the token key", seal(forged, {&token_key_}), evil_action_);
        present("approval signed with token and ledger key", seal(forged, {&token_key_, &ledger_key_}),
                evil_action_);
        present("approval signed with fresh keys", fresh(forged), evil_action_);
        present("fresh signatures under approvers' key ids", impersonate(forged), evil_action_);
        present("approval for another environment", seal(forge("staging"), {}), evil_action_);
        present("real approval with a step put in", tampered(), evil_action_);
        present("real approval, another action", real_approval_, evil_action_, real_step());
        present("real approval, real action, once more", real_approval_, real_action_, real_step());
        trust_update("trust file signed with the token key", {&token_key_, &ledger_key_});
        trust_update("trust file without a signature", {});
        for (int i = 0; i < 200; ++i) present("random approval", fresh(forged), evil_action_);
    }

  private:
    trust::Approval forge(const std::string& environment) {
        trust::Approval a;
        a.cluster_id = host_.identity->cluster_id;
        a.environment = environment;
        a.release_id = ReleaseId{"forged-1.0.0-99"};
        a.release_counter = 99;
        a.plan_sha256 = crypto::sha256("no such plan");
        a.not_before = clock_.now() - 1min;
        a.not_after = a.undo_not_after = clock_.now() + 1h;
        a.overrun = "finish";
        a.requester_name = "nobody";
        a.steps.push_back({StepId{"production/forged"},
                           host_.identity->agent_id,
                           host_.identity->host,
                           "command.run",
                           crypto::sha256(evil_action_),
                           {},
                           1,
                           StepId{}});
        return a;
    }

    std::string seal(const trust::Approval& approval, const std::vector<const crypto::SigningKey*>& signers) {
        dsse::Envelope envelope{std::string(trust::kInTotoPayloadType), trust::serialize(approval), {}};
        for (const crypto::SigningKey* signer : signers) (void)dsse::add_signature(envelope, *signer);
        return dsse::serialize(envelope);
    }
    std::string fresh(const trust::Approval& approval) {
        const auto a = crypto::SigningKey::generate();
        const auto b = crypto::SigningKey::generate();
        return seal(approval, {&a, &b});
    }
    // Signatures of a key of ours that claim to be the approvers'.
    std::string impersonate(const trust::Approval& approval) {
        const auto key = crypto::SigningKey::generate();
        dsse::Envelope envelope{std::string(trust::kInTotoPayloadType), trust::serialize(approval), {}};
        const auto signature = key.sign_now(as_bytes(dsse::pae(envelope.payload_type, envelope.payload)));
        for (const auto& [name, role] : trust_.approval_roles(approval.environment)) {
            for (const auto& id : role.keyids) envelope.signatures.push_back({id, signature});
        }
        return dsse::serialize(envelope);
    }
    std::string tampered() {
        dsse::Envelope envelope = dsse::parse(real_approval_, trust::kMaxApprovalBytes).value();
        trust::Approval approval = trust::parse_approval(envelope.payload).value();
        approval.steps.push_back(forge(approval.environment).steps.front());
        envelope.payload = trust::serialize(approval);
        return dsse::serialize(envelope);
    }
    StepId real_step() {
        const auto approval =
            trust::parse_approval(dsse::parse(real_approval_, trust::kMaxApprovalBytes)->payload);
        for (const auto& step : approval->steps) {
            if (step.action_sha256 == crypto::sha256(real_action_) &&
                step.agent_id == host_.identity->agent_id) {
                return step.step_id;
            }
        }
        return StepId{"not found"};
    }

    void present(const std::string& attack, const std::string& approval_text, const std::string& action,
                 StepId step = StepId{"production/forged"}) {
        const auto payload = dsse::parse(approval_text, trust::kMaxApprovalBytes)->payload;
        const auto approval = trust::parse_approval(payload).value();
        const auto parsed = json::parse(action).value();
        token::Claims claims;
        claims.iss = host_.identity->cluster_id;
        claims.aud = host_.identity->agent_id;
        claims.iat = claims.nbf = std::chrono::floor<std::chrono::seconds>(clock_.now());
        claims.exp = claims.iat + 5min;
        claims.jti = crypto::sha256(random_.bytes(16)).hex().substr(0, 32);
        claims.akp = crypto::PublicKey::from_paserk(host_.record_public)->id();
        claims.nce = host_.nonce;
        claims.act = parsed.at("kind").get<std::string>();
        claims.adg = crypto::sha256(action);
        claims.apr = trust::approval_digest(payload);
        claims.stp = std::move(step);
        claims.window_nbf = std::chrono::floor<std::chrono::seconds>(approval.not_before);
        claims.window_exp = std::chrono::floor<std::chrono::seconds>(approval.not_after);
        claims.rc = approval.release_counter;
        claims.tv = trust_.version;

        ipc::ExecuteRequest request;
        request.token = token::sign(claims, token_key_);
        request.action = action;
        request.approval = approval_text;
        const auto reply = face_.execute(std::move(request));
        json::Json line{{"attack", attack}};
        if (reply) {
            line["admitted"] = reply->admitted;
            line["refusal"] = reply->refusal;
            line["detail"] = reply->detail;
        } else {
            line["admitted"] = false;
            line["refusal"] = reply.error().message();
        }
        std::cout << line.dump() << "\n";
    }

    void trust_update(const std::string& attack, const std::vector<const crypto::SigningKey*>& signers) {
        trust::TrustFile next = trust_;
        next.version += 1;
        next.keys.emplace(token_key_.public_key().id(),
                          trust::TrustedKey{token_key_.public_key(), "attacker"});
        for (auto& [name, role] : next.roles) {
            if (name.starts_with("approve/")) role = trust::Role{{token_key_.public_key().id()}, 1};
        }
        dsse::Envelope envelope{std::string(trust::kTrustPayloadType), trust::serialize(next), {}};
        for (const crypto::SigningKey* signer : signers) (void)dsse::add_signature(envelope, *signer);
        const auto reply = face_.trust_update(dsse::serialize(envelope));
        json::Json line{{"attack", attack}};
        line["admitted"] = reply.ok();
        line["refusal"] = reply ? "" : reply.error().message();
        std::cout << line.dump() << "\n";
    }

    ipc::Client& face_;
    ipc::Hello host_;
    crypto::SigningKey token_key_, ledger_key_;
    trust::TrustFile trust_;
    std::string real_approval_, real_action_, evil_action_;
    SystemClock clock_;
    crypto::SystemRandom random_;
};

int run(const std::vector<std::string>& arguments) {
    if (arguments.size() < 8) {
        std::cerr << "usage: forge SOCKET TOKEN_KEY LEDGER_KEY TRUST REAL_APPROVAL REAL_ACTION COMMAND...\n";
        return 2;
    }
    auto face = ipc::Client::connect(arguments[1], {});
    auto token_key = crypto::load_service_key(arguments[2]);
    auto ledger_key = crypto::load_service_key(arguments[3]);
    const auto envelope = dsse::parse(read(arguments[4]));
    if (!face || !token_key || !ledger_key || !envelope) {
        std::cerr << "forge: cannot read what the attacker must hold\n";
        return 2;
    }
    auto trusted = trust::parse_payload(envelope->payload);
    auto host = (*face)->hello();
    if (!trusted || !host || !host->identity) {
        std::cerr << "forge: the executor has no identity\n";
        return 2;
    }
    const json::Json evil{{"kind", "command.run"},
                          {"service", "shop"},
                          {"deadline_s", 10},
                          {"user", ""},
                          {"env", json::Json::object()},
                          {"argv", std::vector<std::string>(arguments.begin() + 7, arguments.end())}};
    Attacker(**face, *std::move(host), *std::move(token_key), *std::move(ledger_key), *std::move(trusted),
             read(arguments[5]), read(arguments[6]), json::canonical(evil))
        .all();
    return 0;
}

}  // namespace
}  // namespace signalbox

int main(int argc, char** argv) {
    return signalbox::run({argv, argv + argc});
}
