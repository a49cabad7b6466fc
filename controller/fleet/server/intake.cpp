// SPDX-License-Identifier: Apache-2.0
#include "controller/fleet/server/intake.hpp"

#include <fmt/format.h>

#include "common/dsse/dsse.hpp"
#include "common/record/record.hpp"

namespace signalbox::fleet {
namespace {

constexpr std::size_t kMaxOutputBytes = 64 * 1024;

struct Read {
    record::ActionRecord record;
    std::string payload;
};

Result<Read> read(const IncomingRecord& incoming, const AgentInfo& agent) {
    if (incoming.out.size() > kMaxOutputBytes || incoming.err.size() > kMaxOutputBytes) {
        return Error(Code::invalid_argument, "its output is longer than 64 KiB");
    }
    SB_TRY(record::Opened opened, record::open(incoming.envelope));
    if (opened.predicate_type != record::kActionPredicate) {
        return Error(Code::invalid_argument, "it is not an action record");
    }
    // By the key of its number: what a key signs after it was replaced counts nowhere, whatever number it
    // bears.
    if (opened.envelope.signatures.size() != 1 ||
        !dsse::signed_by(opened.envelope, agent.key_of(incoming.seq))) {
        return Error(Code::invalid_argument, "it is not signed by the host's record key");
    }
    Read out;
    SB_TRY(out.record, record::parse_action_record(opened.envelope.payload));
    out.payload = std::move(opened.envelope.payload);
    if (out.record.seq != incoming.seq) {
        return Error(Code::invalid_argument,
                     fmt::format("it says number {}, its message says {}", out.record.seq, incoming.seq));
    }
    return out;
}

// Output counts only when it is what the signed record names; otherwise the record goes in without it.
std::optional<std::string> matching(std::string text, const std::optional<crypto::Digest>& digest) {
    if (!digest || text.empty() || crypto::sha256(text) != *digest) return {};
    return text;
}

struct Tail {
    std::int64_t seq = 0;
    crypto::Digest payload_sha256;  // zeros before the first
};

class Judge {
  public:
    Judge(const ClusterId& cluster, AgentInfo agent, ledger::Ledger& ledger, Tail tail)
        : cluster_(cluster), agent_(std::move(agent)), ledger_(ledger), tail_(tail) {}

    // False: stop here.
    Result<bool> take(IncomingRecord incoming) {
        auto parsed = read(incoming, agent_);
        if (!parsed) {
            return alarm(Alarm::malformed,
                         fmt::format("record {}: {}", incoming.seq, parsed.error().message()));
        }
        const record::ActionRecord& record = parsed->record;
        if (record.cluster_id != cluster_ || record.agent_id != agent_.agent_id) {
            return alarm(Alarm::foreign, fmt::format("record {} is about agent {} of cluster {}", record.seq,
                                                     record.agent_id.str(), record.cluster_id.str()));
        }
        const crypto::Digest payload = crypto::sha256(parsed->payload);
        if (record.seq <= tail_.seq) return known(incoming, payload);
        if (record.seq > tail_.seq + 1) {
            out_.wanted_after = tail_.seq;
            return false;
        }
        if (record.prev != tail_.payload_sha256) {
            return fork(std::move(incoming), "follows another record than the one before it in the ledger");
        }
        SB_TRY(ledger::PendingEntry entry,
               ledger::Sealer::record(std::move(incoming.envelope), record, agent_.record_key));
        entry.out = matching(std::move(incoming.out), record.stdout_sha256);
        entry.err = matching(std::move(incoming.err), record.stderr_sha256);
        if (record.kind == record::Kind::key_rotated) {
            auto next = record::rotated_to(record, agent_.record_key);
            if (!next)
                return alarm(Alarm::malformed,
                             fmt::format("record {}: {}", record.seq, next.error().message()));
            if (agent_.ever_had(*next))
                return alarm(Alarm::malformed,
                             fmt::format("record {} goes back to an earlier key", record.seq));
            entry.key_change = ledger::KeyChange{*next, record.time_wall};
            agent_.former_keys.push_back({agent_.record_key, record.seq});
            agent_.record_key = *next;
            agent_.record_key_since = record.time_wall;
            out_.rotated = agent_;
        }
        tail_ = {record.seq, payload};
        out_.fresh.push_back({std::move(parsed->record), std::move(entry)});
        return true;
    }

    Judgement finish() && { return std::move(out_); }

  private:
    Result<bool> known(IncomingRecord& incoming, const crypto::Digest& payload) {
        SB_TRY(const std::optional<crypto::Digest> held, held_payload(incoming.seq));
        if (!held) {
            return Error(
                Code::data_loss,
                fmt::format("the ledger lacks record {} of agent {}", incoming.seq, agent_.agent_id.str()),
                "Verify the ledger with `signalbox ledger verify`");
        }
        if (*held != payload) return fork(std::move(incoming), "has other bytes than the one in the ledger");
        out_.had_known = true;
        return true;
    }

    Result<std::optional<crypto::Digest>> held_payload(std::int64_t seq) {
        for (const VerifiedRecord& fresh : out_.fresh) {
            if (fresh.record.seq == seq) return std::optional(fresh.entry.payload_sha256);
        }
        ledger::EntryQuery query;
        query.agent = agent_.agent_id;
        query.after_seq = seq - 1;
        query.limit = 1;
        SB_TRY(const auto entries, ledger_.entries(query));
        if (entries.empty() || entries.front().entry.seq != seq) return std::optional<crypto::Digest>{};
        return std::optional(entries.front().entry.payload_sha256);
    }

    Result<bool> fork(IncomingRecord incoming, std::string_view how) {
        out_.proof_seq = incoming.seq;
        out_.proof_envelope = std::move(incoming.envelope);
        return alarm(Alarm::fork, fmt::format("record {} {}", out_.proof_seq, how));
    }

    bool alarm(Alarm what, std::string problem) {
        out_.alarm = what;
        out_.problem = std::move(problem);
        return false;
    }

    const ClusterId& cluster_;
    AgentInfo agent_;  // with the changes of its key so far
    ledger::Ledger& ledger_;
    Tail tail_;
    Judgement out_;
};

}  // namespace

Result<Judgement> judge(const ClusterId& cluster, const AgentInfo& agent, std::vector<IncomingRecord> records,
                        ledger::Ledger& ledger) {
    SB_TRY(const auto last, ledger.agent_tail(agent.agent_id));
    Tail tail;
    if (last) tail = {last->seq, last->payload_sha256};
    Judge judge(cluster, agent, ledger, tail);
    for (IncomingRecord& incoming : records) {
        SB_TRY(const bool go_on, judge.take(std::move(incoming)));
        if (!go_on) break;
    }
    return std::move(judge).finish();
}

}  // namespace signalbox::fleet
