// SPDX-License-Identifier: Apache-2.0
// An executor behind a real socket: signs real records with a real key, keeps them until receipts verify, and
// runs nothing. Thread-safe.
#pragma once

#include <unistd.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "agent/ipc/server.hpp"
#include "common/join/join_line.hpp"
#include "common/merkle/checkpoint.hpp"
#include "common/merkle/tree.hpp"
#include "common/os/file.hpp"
#include "common/record/record.hpp"

namespace signalbox::support {

class FakeExecutor final : public ipc::Service {
  public:
    FakeExecutor(std::string socket, ClusterId cluster, crypto::SigningKey key, crypto::PublicKey ledger_key)
        : socket_(std::move(socket)),
          cluster_(std::move(cluster)),
          key_(std::move(key)),
          ledger_key_(ledger_key) {}

    void start() {
        server_ = ipc::Server::start({socket_, {::getuid()}, {}, {}}, *this).value();
        const std::lock_guard lock(mutex_);
        nonce_ = "nonce-" + std::to_string(++starts_);
    }
    void stop() { server_.reset(); }

    // Adds a record of this kind to the outbox and tells the agent.
    void add_record(record::Kind kind, const std::string& step = {}, const std::string& output = {}) {
        {
            const std::lock_guard lock(mutex_);
            append(kind, step, output);
        }
        if (server_) server_->send(ipc::RecordsEvent{});
    }
    // The next record will contradict the one before it, as a copy of this host would.
    void forget_chain() {
        const std::lock_guard lock(mutex_);
        prev_ = crypto::sha256("another history");
    }
    void ask_probe(const std::string& url, const std::string& id = "probe-1") {
        server_->send(ipc::ProbeEvent{id, url, 2000});
    }

    [[nodiscard]] std::size_t outbox_size() const {
        const std::lock_guard lock(mutex_);
        return outbox_.size();
    }
    [[nodiscard]] std::vector<std::string> artifacts_seen() const {
        const std::lock_guard lock(mutex_);
        return artifacts_;
    }
    [[nodiscard]] std::vector<ipc::ProbeResultRequest> probes() const {
        const std::lock_guard lock(mutex_);
        return probes_;
    }
    [[nodiscard]] std::int64_t trust_version() const {
        const std::lock_guard lock(mutex_);
        return trust_version_;
    }
    [[nodiscard]] std::string trouble() const {
        const std::lock_guard lock(mutex_);
        return trouble_;
    }
    [[nodiscard]] const crypto::SigningKey& key() const { return key_; }

    Result<ipc::Reply> handle(ipc::Request request) override {
        const std::lock_guard lock(mutex_);
        return std::visit([this](auto& r) { return answer(r); }, request);
    }

  private:
    struct Kept {
        ipc::OutboxRecord record;
        merkle::Hash leaf;
    };

    Result<ipc::Reply> answer(ipc::HelloRequest&) {
        ipc::Hello hello;
        hello.version = "fake";
        hello.initialised = true;
        if (!agent_.empty()) hello.identity = ipc::Identity{agent_, cluster_, "production", "web-1"};
        hello.record_public = key_.public_key().paserk();
        hello.nonce = nonce_;
        hello.trust_version = trust_version_;
        hello.boot_id = "boot";
        hello.next_seq = next_seq_;
        hello.oldest_seq = outbox_.empty() ? next_seq_ : outbox_.begin()->first;
        hello.pinned = pinned_;
        return ipc::Reply(hello);
    }
    Result<ipc::Reply> answer(ipc::ProveRequest& r) {
        const std::string message =
            join::proof_message(cluster_, r.join_id, r.csr_sha256, key_.public_key().id().str());
        return ipc::Reply(ipc::ProveReply{key_.sign_now(as_bytes(message))});
    }
    Result<ipc::Reply> answer(ipc::ReturnRequest& r) {
        const std::string message =
            join::return_message(cluster_, agent_, r.challenge, r.csr_sha256, key_.public_key().id().str());
        return ipc::Reply(ipc::ProveReply{key_.sign_now(as_bytes(message))});
    }
    Result<ipc::Reply> answer(ipc::InstallIdentityRequest& r) {
        agent_ = r.agent_id;
        trust_version_ = 1;
        append(record::Kind::enrolled, {}, {});
        return ipc::Reply(ipc::Done{});
    }
    Result<ipc::Reply> answer(ipc::TrustUpdateRequest&) {
        return ipc::Reply(ipc::TrustUpdateReply{++trust_version_});
    }
    Result<ipc::Reply> answer(ipc::WithdrawRequest&) { return ipc::Reply(ipc::Done{}); }
    Result<ipc::Reply> answer(ipc::ExecuteRequest& r) {
        for (const ipc::Descriptor& file : r.artifacts) {
            artifacts_.push_back(os::read_all(file.get(), 1 << 26, "artifact").value());
        }
        append(record::Kind::started, r.token, {});
        append(record::Kind::finished, r.token, "it went well");
        return ipc::Reply(ipc::ExecuteReply{true, "jti", {}, 0, {}});
    }
    Result<ipc::Reply> answer(ipc::QueryRequest&) {
        return ipc::Reply(
            ipc::QueryReply{ipc::StepState::done, 2, ipc::StepOutcome{"ok", 0, 0, false, 1, {}}});
    }
    Result<ipc::Reply> answer(ipc::RecordsRequest& r) {
        ipc::RecordsReply reply;
        for (auto it = outbox_.upper_bound(r.after_seq);
             it != outbox_.end() && std::ssize(reply.records) < r.max; ++it) {
            reply.records.push_back(it->second.record);
        }
        return ipc::Reply(std::move(reply));
    }
    Result<ipc::Reply> answer(ipc::ReceiptsRequest& r) {
        const auto checked = check(r);
        if (!checked) {
            trouble_ = checked.error().to_string();
            return checked.error();
        }
        std::int64_t acked = 0;
        for (const ipc::Receipt& item : r.items) {
            outbox_.erase(item.seq);
            acked = item.seq;
        }
        return ipc::Reply(ipc::ReceiptsReply{acked});
    }
    Result<ipc::Reply> answer(ipc::ProbeResultRequest& r) {
        probes_.push_back(r);
        return ipc::Reply(ipc::Done{});
    }

    Status check(const ipc::ReceiptsRequest& r) {
        const std::string origin = merkle::origin_of(cluster_.str());
        SB_TRY(const merkle::Checkpoint checkpoint,
               merkle::verify_checkpoint(r.checkpoint, origin, ledger_key_));
        if (pinned_ && !merkle::verify_consistency(static_cast<std::uint64_t>(pinned_->size), pinned_->root,
                                                   checkpoint.size, checkpoint.root, r.consistency)) {
            return Error(Code::refused, "not consistent with the pin");
        }
        for (const ipc::Receipt& item : r.items) {
            const auto kept = outbox_.find(item.seq);
            if (kept == outbox_.end()) return Error(Code::refused, "a receipt for a record that is not here");
            if (!merkle::verify_inclusion(kept->second.leaf, static_cast<std::uint64_t>(item.index),
                                          checkpoint.size, item.proof, checkpoint.root)) {
                return Error(Code::refused, "not included");
            }
        }
        pinned_ = ipc::Pinned{checkpoint.origin, static_cast<std::int64_t>(checkpoint.size), checkpoint.root};
        return {};
    }

    void append(record::Kind kind, const std::string& step, const std::string& output) {
        record::ActionRecord record;
        record.cluster_id = cluster_;
        record.agent_id = agent_;
        record.boot_id = "boot";
        record.seq = next_seq_++;
        record.prev = prev_;
        record.time_wall = from_unix_seconds(1'800'000'000);
        record.kind = kind;
        if (!step.empty()) record.step_id = StepId(step);
        if (!output.empty()) {
            record.stdout_sha256 = crypto::sha256(output);
            record.stdout_len = std::ssize(output);
        }
        prev_ = crypto::sha256(record::serialize(record));
        Kept kept;
        kept.record.seq = record.seq;
        kept.record.envelope = record::seal(record, key_);
        if (!output.empty()) kept.record.out = output;
        kept.leaf = merkle::leaf_hash(record::ledger_leaf(kept.record.envelope, key_.public_key()));
        outbox_.emplace(record.seq, std::move(kept));
    }

    std::string socket_;
    ClusterId cluster_;
    crypto::SigningKey key_;
    crypto::PublicKey ledger_key_;
    std::unique_ptr<ipc::Server> server_;
    mutable std::mutex mutex_;
    AgentId agent_;
    std::string nonce_;
    int starts_ = 0;
    std::int64_t trust_version_ = 0;
    std::int64_t next_seq_ = 1;
    crypto::Digest prev_;
    std::optional<ipc::Pinned> pinned_;
    std::map<std::int64_t, Kept> outbox_;
    std::vector<std::string> artifacts_;
    std::vector<ipc::ProbeResultRequest> probes_;
    std::string trouble_;
};

}  // namespace signalbox::support
