// SPDX-License-Identifier: Apache-2.0
#include "common/evidence/signers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/merkle/checkpoint.hpp"

namespace signalbox::evidence {
namespace {

Error refused(std::string what) {
    return {Code::refused, std::move(what)};
}

Status check_cluster(const ClusterId& found, const ClusterId& expected) {
    if (found == expected) return {};
    return refused(fmt::format("it belongs to cluster '{:.60}', not {}", found.str(), expected.str()));
}

}  // namespace

Signers::Signers(const trust::TrustFile& trust, const std::vector<trust::TrustFile>& earlier)
    : trust_(trust) {
    for (std::size_t i = 0; i < earlier.size(); ++i) {
        const auto role = earlier[i].roles.find("ledger");
        if (role == earlier[i].roles.end()) continue;
        const trust::TrustFile& next = i + 1 < earlier.size() ? earlier[i + 1] : trust;
        for (const crypto::KeyId& id : role->second.keyids) {
            const crypto::PublicKey* key = earlier[i].key_in_role("ledger", id);
            if (key == nullptr || next.key_in_role("ledger", id) != nullptr) continue;
            if (trust.key_in_role("ledger", id) == nullptr)
                former_.insert_or_assign(id, FormerKey{*key, next.version});
        }
    }
}

const crypto::PublicKey* Signers::ledger_key(const crypto::KeyId& kid) const {
    if (const crypto::PublicKey* key = trust_.key_in_role("ledger", kid)) return key;
    const auto former = former_.find(kid);
    return former != former_.end() && published_ < former->second.removed_in ? &former->second.key : nullptr;
}

Result<Judged> Signers::judge(std::string_view envelope_text) {
    SB_TRY(const record::Opened opened, record::open(envelope_text));
    return opened.predicate_type == record::kDecisionPredicate ? judge_decision(opened)
                                                               : judge_action(opened);
}

Result<Judged> Signers::judge_decision(const record::Opened& opened) {
    const crypto::KeyId& kid = opened.envelope.signatures.front().keyid;
    const crypto::PublicKey* key = ledger_key(kid);
    if (key == nullptr) {
        return refused(fmt::format(
            "a decision signed by {}, which the trust file does not let sign the ledger", kid.str()));
    }
    if (!dsse::signed_by(opened.envelope, *key)) return refused("its signature does not verify");
    SB_TRY(const record::Decision decision, record::parse_decision(opened.envelope.payload));
    SB_CHECK(check_cluster(decision.cluster_id, trust_.cluster_id));
    if (decision.kind == "agent_enrolled") SB_CHECK(enrol(decision));
    if (decision.kind == "trust_published") {
        const auto version = decision.data.find("version");
        if (version != decision.data.end() && version->is_number_integer())
            published_ = std::max(published_, version->get<std::int64_t>());
    }
    return Judged{"decision:" + decision.kind, *key, decision.time, {}};
}

Status Signers::enrol(const record::Decision& decision) {
    SB_TRY(auto data, json::ObjectReader::open(decision.data, "agent_enrolled"));
    SB_TRY(std::string agent_text, data.string("agent_id"));
    SB_TRY(const std::string key_text, data.string("record_key"));
    SB_TRY(const crypto::PublicKey key, crypto::PublicKey::from_paserk(key_text));
    AgentSummary summary;
    summary.record_kid = key.id();
    SB_TRY(summary.host, data.string("host"));
    SB_TRY(summary.environment, data.string("environment"));
    const AgentId agent{std::move(agent_text)};
    if (agents_.contains(agent)) {
        return refused(fmt::format("the agent {:.60} was enrolled before", agent.str()));
    }
    // A host whose first enrolment was cut short comes again with the same key; once it has signed a record
    // for one agent it can be no other.
    const auto known = hosts_.find(summary.record_kid);
    if (known != hosts_.end() && agents_.at(known->second.agent).records > 0) {
        return refused(fmt::format("the record key of agent {:.60} is that of agent {:.60}", agent.str(),
                                   known->second.agent.str()));
    }
    hosts_.insert_or_assign(summary.record_kid, Host{agent, key, {}, 0});
    agents_.emplace(agent, std::move(summary));
    return {};
}

Result<Judged> Signers::judge_action(const record::Opened& opened) {
    const crypto::KeyId& kid = opened.envelope.signatures.front().keyid;
    const auto found = hosts_.find(kid);
    if (found == hosts_.end()) {
        return refused(fmt::format("a record signed by {}, which no earlier entry enrolled", kid.str()));
    }
    Host& host = found->second;
    if (host.replaced != 0) {
        return refused(fmt::format("a record signed by {}, which agent {:.60} replaced in its record {}",
                                   kid.str(), host.agent.str(), host.replaced));
    }
    if (!dsse::signed_by(opened.envelope, host.key)) return refused("its signature does not verify");
    SB_TRY(const record::ActionRecord record, record::parse_action_record(opened.envelope.payload));
    SB_CHECK(check_cluster(record.cluster_id, trust_.cluster_id));
    if (record.agent_id != host.agent) {
        return refused(fmt::format("a record of agent {:.60} under the key of agent {:.60}",
                                   record.agent_id.str(), host.agent.str()));
    }
    AgentSummary& summary = agents_.at(host.agent);
    if (record.seq != summary.records + 1) {
        return refused(
            fmt::format("record {} of agent {:.60} where {} is due: one is missing, double or moved",
                        record.seq, host.agent.str(), summary.records + 1));
    }
    if (record.prev != host.last_payload) {
        return refused(fmt::format("record {} of agent {:.60} does not follow the one before it", record.seq,
                                   host.agent.str()));
    }
    Judged judged{fmt::format("action:{}", record::to_string(record.kind)), host.key, record.time_wall, {}};
    if (record.seen_checkpoint && record.seen_checkpoint->size > 0) {
        const std::string& origin = record.seen_checkpoint->origin;
        if (origin != merkle::origin_of(trust_.cluster_id.str()))
            return refused(fmt::format("its host saw a checkpoint of another ledger, '{:.100}'", origin));
        judged.seen = record.seen_checkpoint;
    }
    host.last_payload = crypto::sha256(opened.envelope.payload);
    summary.records = record.seq;
    if (record.kind == record::Kind::key_rotated) SB_CHECK(rotate(host, record));
    return judged;
}

Status Signers::rotate(Host& host, const record::ActionRecord& record) {
    SB_TRY(const crypto::PublicKey next, record::rotated_to(record, host.key));
    if (hosts_.contains(next.id()))
        return refused(fmt::format("agent {:.60} rotates to {}, which was a host's before", host.agent.str(),
                                   next.id().str()));
    host.replaced = record.seq;
    agents_.at(host.agent).record_kid = next.id();
    hosts_.emplace(next.id(), Host{host.agent, next, host.last_payload, 0});
    return {};
}

}  // namespace signalbox::evidence
