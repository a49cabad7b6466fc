// SPDX-License-Identifier: Apache-2.0
#include "agent/link/agent.hpp"

#include <future>

#include "agent/enrol/comeback.hpp"
#include "common/http/probe.hpp"
#include "common/os/failpoint.hpp"
#include "common/os/private_directory.hpp"

namespace signalbox::link {
namespace {

constexpr std::int64_t kRecordsAtOnce = 16;
// More than this waiting in the stream: no further records are taken from the executor for now.
constexpr std::size_t kEnoughQueued = std::size_t{2} << 20;
constexpr std::chrono::milliseconds kQueuePause{100};
constexpr std::chrono::seconds kGreetAgainAfter{30};
constexpr std::size_t kMaxSteps = 64;
constexpr std::size_t kMaxProbes = 32;  // as many steps as an executor runs at once, each makes one at a time

Error no_executor() {
    return Error(Code::unavailable, "the executor on this host is not connected",
                 "Start signalbox-executor on this host");
}

bool bytes_were_bad(const Result<ipc::ExecuteReply>& reply) {
    return reply && !reply->admitted && (reply->refusal == "R_ARTIFACT" || reply->refusal == "R_DIGEST");
}

}  // namespace

Result<std::unique_ptr<Agent>> Agent::create(AgentSettings settings, const Clock& clock,
                                             crypto::Random& random, telemetry::Logger log) {
    const enrol::IdentityStore store(settings.state_directory);
    SB_TRY(enrol::Identity identity, store.load());
    SB_CHECK(os::make_private_directory(settings.state_directory + "/spool"));
    return std::unique_ptr<Agent>(
        new Agent(std::move(settings), std::move(identity), clock, random, std::move(log)));
}

Agent::Agent(AgentSettings settings, enrol::Identity identity, const Clock& clock, crypto::Random& random,
             telemetry::Logger log)
    : settings_(std::move(settings)),
      store_(settings_.state_directory),
      identity_(std::move(identity)),
      ourselves_{identity_.agent_id, settings_.version, settings_.hostname},
      clock_(clock),
      log_(std::move(log)),
      strand_(clock),
      probes_(kMaxProbes) {
    UplinkSettings uplink;
    uplink.address = identity_.address;
    uplink.tls = store_.tls_files();
    uplink.backoff = settings_.backoff;
    uplink_ = std::make_unique<Uplink>(
        std::move(uplink),
        Uplink::Handlers{[this] { greet(); }, [this](const v1::Welcome& welcome) { on_welcome(welcome); },
                         [this](v1::ControllerMessage message) { on_message(std::move(message)); },
                         [this] { strand_.cancel(beat_timer_); }, [this](const Error& why) { on_lost(why); }},
        strand_, clock_, random, log_);
    renewal_ = std::make_unique<Renewal>(
        store_,
        Renewal::Ports{[this] { return uplink_->welcomed() ? uplink_->stub() : nullptr; },
                       [this] { uplink_->reopen(); },
                       [this](std::function<void(const Status&)> done) { come_back(std::move(done)); }},
        strand_, clock_, random, log_);
    executor_ = std::make_unique<ExecutorFace>(
        settings_.executor_socket,
        ExecutorFace::Handlers{[this] {
                                   strand_.post([this] {
                                       executor_up_ = executor_known_ = true;
                                       greet();
                                   });
                               },
                               [this](const Error&) {
                                   strand_.post([this] {
                                       const bool news = executor_up_ || !executor_known_;
                                       executor_up_ = false;
                                       executor_known_ = true;
                                       if (news) greet();
                                   });
                               },
                               [this](const ipc::Event& event) { on_executor_event(event); }},
        clock_, random, log_);
    fetcher_ =
        std::make_unique<fetch::Fetcher>(settings_.state_directory + "/spool", settings_.spool, clock_);
}

Agent::~Agent() {
    stop();
}

void Agent::start() {
    executor_->start();
    strand_.post([this] {
        uplink_->start();
        renewal_->start();
    });
}

void Agent::stop() {
    if (std::exchange(stopped_, true)) return;
    std::promise<void> stream_gone;
    std::promise<void> renewal_gone;
    strand_.post([&] {
        strand_.cancel(beat_timer_);
        renewal_->stop([&] { renewal_gone.set_value(); });
        uplink_->stop([&] { stream_gone.set_value(); });
    });
    stream_gone.get_future().wait();
    renewal_gone.get_future().wait();
    fetcher_->stop();
    probes_.stop();
    executor_->stop();
    strand_.stop();
}

bool Agent::alive(std::chrono::milliseconds within) {
    const auto answered = std::make_shared<std::promise<void>>();
    auto answer = answered->get_future();
    strand_.post([answered] { answered->set_value(); });
    return answer.wait_for(within) == std::future_status::ready;
}

// A controller that answers whoever shows no certificate, and ends the handshake with ours both before and
// after that, does not accept it any more.
void Agent::on_lost(const Error& why) {
    if (why.code() != Code::unavailable) return;
    if (std::exchange(answers_without_, false)) return renewal_->shut_out();
    executor_->post([this](ipc::Client*) {
        const Status answers = enrol::answers(store_, identity_, clock_);
        strand_.post([this, there = answers.ok()] { answers_without_ = there && !uplink_->welcomed(); });
    });
}

// The executor signs, so it happens where the executor is spoken to: nothing else waits there that matters
// while there is no controller.
void Agent::come_back(std::function<void(const Status&)> done) {
    executor_->post([this, done = std::move(done)](ipc::Client* executor) {
        const Status back = executor != nullptr ? enrol::come_back(store_, identity_, *executor, clock_)
                                                : Status(no_executor());
        strand_.post([done, back] { done(back); });
    });
}

// Asks the executor how it is and tells the controller; also that it is not there.
void Agent::greet() {
    executor_->post([this](ipc::Client* executor) {
        auto hello = executor != nullptr ? executor->hello() : Result<ipc::Hello>(no_executor());
        strand_.post([this, hello = std::move(hello)] {
            if (uplink_->open()) uplink_->greet(hello_message(ourselves_, hello));
            if (hello) pump();
        });
    });
}

void Agent::on_welcome(const v1::Welcome& welcome) {
    answers_without_ = false;
    sent_to_ = static_cast<std::int64_t>(welcome.last_seq());
    if (welcome.heartbeat_s() > 0) heartbeat_ = std::chrono::seconds(welcome.heartbeat_s());
    beat();
    pump();
}

void Agent::beat() {
    strand_.cancel(beat_timer_);
    beat_timer_ = strand_.post_at(clock_.now() + heartbeat_, [this] {
        if (!uplink_->welcomed()) return;
        v1::AgentMessage message;
        message.mutable_heartbeat()->set_next_seq(static_cast<std::uint64_t>(sent_to_ + 1));
        uplink_->send(std::move(message));
        pump();
        beat();
    });
}

void Agent::on_message(v1::ControllerMessage message) {
    switch (message.kind_case()) {
        case v1::ControllerMessage::kExecute:
            on_execute(std::move(*message.mutable_execute()));
            break;
        case v1::ControllerMessage::kQuery:
            on_query(message.query());
            break;
        case v1::ControllerMessage::kReceipts:
            on_receipts(message.receipts());
            break;
        case v1::ControllerMessage::kTrustUpdate:
            on_trust(message.trust_update().trust());
            break;
        case v1::ControllerMessage::kWithdrawal:
            on_withdrawal(message.withdrawal().withdrawal());
            break;
        case v1::ControllerMessage::kRenewCertificate:
            renewal_->at_once();
            break;
        case v1::ControllerMessage::kRecordsWanted:
            sent_to_ = static_cast<std::int64_t>(message.records_wanted().after_seq());
            pump();
            break;
        default:
            break;  // a newer controller's message: nothing that we could do
    }
}

// Carries records from the executor's outbox into the stream until there are none or enough are under way.
void Agent::pump() {
    if (!uplink_->welcomed() || stopped_) return;
    if (pumping_) {
        pump_again_ = true;
        return;
    }
    if (uplink_->queued_bytes() > kEnoughQueued) {
        strand_.post_at(clock_.now() + kQueuePause, [this] { pump(); });
        return;
    }
    pumping_ = true;
    pump_again_ = false;
    executor_->post([this, after = sent_to_](ipc::Client* executor) {
        auto records = executor != nullptr ? executor->records(after, kRecordsAtOnce)
                                           : Result<std::vector<ipc::OutboxRecord>>(no_executor());
        strand_.post([this, after, records = std::move(records)]() mutable {
            pumping_ = false;
            if (!records || !uplink_->welcomed()) return;
            const bool stale = after != sent_to_;  // the controller asked for others meanwhile
            const bool more = !records->empty() && !stale;
            if (more) {
                sent_to_ = records->back().seq;
                uplink_->send(records_message(*std::move(records)));
                os::failpoint("agent.records_sent");
            }
            if (more || stale || pump_again_) pump();
        });
    });
}

void Agent::on_execute(v1::Execute execute) {
    os::failpoint("agent.order_received");
    const auto shared = std::make_shared<const v1::Execute>(std::move(execute));
    auto artifacts = artifacts_of(*shared);
    if (!artifacts) {
        uplink_->send(execute_message(shared->dispatch_id(), artifacts.error()));
        return;
    }
    if (steps_.contains(shared->dispatch_id())) return;  // its answer is under way
    if (steps_.size() >= kMaxSteps) {
        uplink_->send(execute_message(
            shared->dispatch_id(), Error(Code::resource_exhausted, "64 steps are being prepared already")));
        return;
    }
    steps_.insert(shared->dispatch_id());
    fetcher_->get(*artifacts, uplink_->stub(),
                  [this, shared, wanted = *artifacts](Result<std::vector<os::UniqueFd>> files) {
                      run_step(shared, wanted, std::move(files));
                  });
}

void Agent::run_step(std::shared_ptr<const v1::Execute> execute, std::vector<fetch::Wanted> artifacts,
                     Result<std::vector<os::UniqueFd>> files) {
    // std::function wants copies; the descriptors have one owner.
    const auto owned = std::make_shared<Result<std::vector<os::UniqueFd>>>(std::move(files));
    executor_->post([this, execute, artifacts, owned](ipc::Client* executor) {
        Result<ipc::ExecuteReply> reply = no_executor();
        if (!*owned) {
            reply = owned->error();
        } else if (executor != nullptr) {
            ipc::ExecuteRequest request;
            request.token = execute->token();
            request.action = execute->action();
            request.approval = execute->approval();
            for (const auto& [name, sealed] : execute->secrets())
                request.secrets.emplace(name, to_bytes(sealed));
            request.standing = execute->standing();
            request.artifact_statement = execute->artifact_statement();
            for (os::UniqueFd& file : **owned) request.artifacts.emplace_back(file.release());
            reply = executor->execute(std::move(request));
        }
        strand_.post([this, execute, artifacts, reply] { answer_step(*execute, artifacts, reply); });
    });
}

void Agent::answer_step(const v1::Execute& execute, const std::vector<fetch::Wanted>& artifacts,
                        const Result<ipc::ExecuteReply>& reply) {
    os::failpoint("agent.answer_unsent");
    steps_.erase(execute.dispatch_id());
    if (!reply)
        log_.warning("step not handed over", {{"step", execute.dispatch_id()}, {"error", reply.error()}});
    if (bytes_were_bad(reply)) fetcher_->drop(artifacts);
    // When the stream is down the controller asks after it is up again.
    uplink_->send(execute_message(execute.dispatch_id(), reply));
    pump();
}

void Agent::on_query(const v1::Query& query) {
    executor_->post([this, query](ipc::Client* executor) {
        Result<ipc::QueryReply> reply = no_executor();
        const auto approval = crypto::parse_digest(query.approval_sha256());
        if (!approval) {
            reply = approval.error();
        } else if (executor != nullptr) {
            reply = executor->query(*approval, StepId(query.step_id()));
        }
        strand_.post([this, id = query.dispatch_id(), reply] { uplink_->send(query_message(id, reply)); });
    });
}

void Agent::on_receipts(const v1::Receipts& receipts) {
    os::failpoint("agent.receipts_received");
    auto request = receipts_request(receipts);
    if (!request) {
        log_.error("receipts that cannot be read", {{"error", request.error()}});
        return;
    }
    executor_->post([this, request = *std::move(request)](ipc::Client* executor) {
        if (executor == nullptr) return;
        const auto acked = executor->receipts(request);
        if (acked) return;
        log_.error("the executor refuses receipts", {{"error", acked.error()}});
        // Its pin may be another than the controller thinks: say it again, not too often.
        strand_.post([this] {
            if (clock_.now() - greeted_again_ < kGreetAgainAfter) return;
            greeted_again_ = clock_.now();
            greet();
        });
    });
}

void Agent::on_trust(const std::string& text) {
    executor_->post([this, text](ipc::Client* executor) {
        if (executor == nullptr) return;
        const auto version = executor->trust_update(text);
        if (!version) {
            log_.error("the executor refuses the trust file", {{"error", version.error()}});
            return;
        }
        log_.info("trust file taken", {{"version", *version}});
        strand_.post([this] { greet(); });
    });
}

void Agent::on_withdrawal(const std::string& text) {
    executor_->post([this, text](ipc::Client* executor) {
        if (executor == nullptr) return;  // it is sent again when the executor is there
        const Status taken = executor->withdraw(text);
        if (!taken) log_.error("the executor refuses a withdrawal", {{"error", taken.error()}});
    });
}

void Agent::on_executor_event(const ipc::Event& event) {
    if (const auto* probe = std::get_if<ipc::ProbeEvent>(&event)) {
        on_probe(*probe);
    } else if (std::holds_alternative<ipc::StateEvent>(event)) {
        strand_.post([this] { greet(); });
    } else {
        strand_.post([this] { pump(); });
    }
}

void Agent::on_probe(const ipc::ProbeEvent& probe) {
    probes_.post([this, probe] {
        http::ProbeLimits limits;
        if (probe.timeout_ms > 0) limits.deadline = std::chrono::milliseconds(probe.timeout_ms);
        ipc::ProbeResultRequest result;
        result.id = probe.id;
        if (auto answer = http::probe(probe.url, limits)) {
            result.ok = true;
            result.status = answer->status;
            result.body = std::move(answer->body);
        } else {
            result.error = answer.error().message();
        }
        executor_->post([this, result](ipc::Client* executor) {
            if (executor == nullptr) return;
            if (const Status told = executor->probe_result(result); !told) {
                log_.warning("probe result not taken", {{"error", told.error()}});
            }
        });
    });
}

}  // namespace signalbox::link
