// SPDX-License-Identifier: Apache-2.0
// Start, hello, execution and what a restart finds. Enrolment and trust: enrolment.cpp; records:
// reporting.cpp.
#include "agent/executor/app/executor.hpp"

#include <fmt/format.h>

#include "common/base/version.hpp"
#include "common/os/failpoint.hpp"
#include "common/os/file.hpp"
#include "common/secret/secret.hpp"

namespace signalbox::executor {
namespace {

using admission::Refusal;
using admission::RefusalCode;

// A wall clock that moved against the boot clock by more was set by somebody.
constexpr std::chrono::seconds kClockStep{30};

Result<ipc::StepOutcome> parse_outcome(const std::string& text) {
    SB_TRY(const json::Json value, json::parse(text));
    SB_TRY(auto reader, json::ObjectReader::open(value, "outcome"));
    ipc::StepOutcome out;
    SB_TRY(out.code, reader.string("code"));
    SB_TRY(out.exit_status, reader.integer("exit_status"));
    SB_TRY(out.signal, reader.integer("signal"));
    SB_TRY(out.timed_out, reader.boolean("timed_out"));
    SB_TRY(out.duration_ms, reader.integer("duration_ms"));
    SB_TRY(out.detail, reader.string("detail"));
    return out;
}

}  // namespace

Executor::Executor(ExecutorParts parts)
    : parts_(std::move(parts)),
      probes_(parts_.send_event),
      runner_({parts_.services_root, parts_.private_folder, parts_.credentials_root, parts_.journal,
               parts_.key, parts_.clock, &probes_, parts_.control_groups,
               [this] { (void)parts_.send_event(ipc::RecordsEvent{}); }, parts_.log}),
      clock_offset_(parts_.clock->now().time_since_epoch() - parts_.clock->boot()),
      freshness_(parts_.clock->boot()) {}

Result<std::unique_ptr<Executor>> Executor::start(ExecutorParts parts) {
    std::unique_ptr<Executor> executor(new Executor(std::move(parts)));
    SB_CHECK(executor->load());
    SB_CHECK(executor->record_interrupted());
    return executor;
}

Status Executor::load() {
    SB_TRY(identity_, parts_.journal->identity());
    if (!identity_.agent_id || !identity_.trust) return {};
    // It verified when it came, by its predecessor; that it still signs itself shows that the bytes are
    // whole.
    auto trust = trust::verify_initial(*identity_.trust);
    if (!trust)
        return Error(Code::data_loss, "the stored trust file does not verify: " + trust.error().message(),
                     "Keep the state folder for the investigation; re-enrol this host with a new one.");
    trust_ = *std::move(trust);
    recorder_.emplace(identity_.cluster_id, *identity_.agent_id, parts_.boot_id, *parts_.clock);
    return {};
}

// What ran when the executor was killed: nobody knows how far it came, and it never runs again by itself.
Status Executor::record_interrupted() {
    SB_TRY(const auto steps, parts_.journal->unfinished());
    for (const auto& step : steps) {
        record::ActionRecord record = recorder_->make(record::Kind::interrupted);
        record.jti = step.jti;
        record.token_sha256 = step.token_sha256;
        record.approval_sha256 = step.approval;
        record.step_id = step.step_id;
        record.attempt = step.attempt;
        record.action_sha256 = step.action_sha256;
        record.outcome.emplace();
        record.outcome->code = "interrupted";
        record.outcome->detail = "the executor stopped while the step ran";
        const std::string outcome = outcome_text(*record.outcome);
        SB_CHECK(parts_.journal->finish_step(step.approval, step.step_id, false, outcome, std::move(record),
                                             {}, *parts_.key));
        parts_.log.warning("a step was interrupted", {{"step", step.step_id}, {"attempt", step.attempt}});
    }
    return {};
}

Result<ipc::Reply> Executor::handle(ipc::Request request) {
    return std::visit([this](auto& one) { return on(one); }, request);
}

Status Executor::require_identity() const {
    if (identity_.agent_id && trust_) return {};
    return Error(Code::failed_precondition, "this executor has no identity yet",
                 "Run: signalbox-agent enrol …");
}

std::string Executor::problem() {
    if (!trust_) return "not enrolled";
    if (parts_.clock->now() >= trust_->expires)
        return "the trust file expired at " + to_rfc3339(trust_->expires);
    return storage_problem();
}

std::string Executor::storage_problem() {
    const std::string store = store_.problem();
    return store.empty() ? runner_.problem() : store;
}

Result<ipc::Reply> Executor::on(const ipc::HelloRequest&) {
    SB_TRY(const auto progress, parts_.journal->progress());
    ipc::Hello hello;
    hello.version = program_version();
    hello.initialised = true;
    if (identity_.agent_id)
        hello.identity =
            ipc::Identity{*identity_.agent_id, identity_.cluster_id, identity_.environment, identity_.host};
    hello.record_public = parts_.key->public_key().paserk();
    hello.nonce = parts_.nonce;
    if (identity_.agent_id) {
        hello.sealing_public = Bytes(parts_.sealing_key->public_key().view().begin(),
                                     parts_.sealing_key->public_key().view().end());
        hello.sealing_proof = parts_.key->sign_now(as_bytes(secret::announcement(
            identity_.cluster_id, *identity_.agent_id, parts_.sealing_key->public_key())));
    }
    if (trust_) {
        hello.trust_version = trust_->version;
        hello.trust_expires = trust_->expires;
    }
    hello.boot_id = parts_.boot_id;
    hello.next_seq = progress.next_seq;
    hello.oldest_seq = progress.oldest_seq;
    if (progress.pinned)
        hello.pinned = ipc::Pinned{progress.pinned->origin, static_cast<std::int64_t>(progress.pinned->size),
                                   progress.pinned->root};
    hello.time_floor = progress.time_floor;
    hello.problem = problem();
    return ipc::Reply(std::move(hello));
}

Result<admission::Host> Executor::host() {
    SB_CHECK(require_identity());
    SB_TRY(const auto progress, parts_.journal->progress());
    return admission::Host{
        *trust_,        identity_.cluster_id,          *identity_.agent_id, identity_.environment,
        identity_.host, parts_.key->public_key().id(), parts_.nonce,        progress.time_floor};
}

Result<ipc::Reply> Executor::on(ipc::ExecuteRequest& request) {
    SB_TRY(const admission::Host host, this->host());
    const admission::Presented presented{request.token,    request.action,
                                         request.approval, request.artifacts.size(),
                                         request.standing, request.artifact_statement};
    const Instant now = parts_.clock->now();
    auto verdict = admission::verify(host, presented, now);
    if (const auto* no = std::get_if<Refusal>(&verdict)) return refuse_unverified(*no, request);
    auto& verified = std::get<admission::Verified>(verdict);
    const auto refused_record = recorder_->about(record::Kind::refused, verified);
    if (!runner_.has_room())
        return refuse({RefusalCode::busy,
                       fmt::format("{} steps run or wait here already, or the executor stops", kMaxSteps)},
                      refused_record);
    if (const std::string why = runner_.problem(); !why.empty())
        return refuse({RefusalCode::state, why}, refused_record);

    auto secrets =
        secret::open_all(actions::secrets_of(verified.action), request.secrets, *parts_.sealing_key);
    // What came with the step is not what people approved, as with an artifact.
    if (!secrets) return refuse({RefusalCode::artifact, secrets.error().message()}, refused_record);

    os::failpoint("executor.admitted");
    const auto started = parts_.journal->start_step(
        verified, now, recorder_->about(record::Kind::started, verified), *parts_.key);
    if (!started) return refuse({RefusalCode::state, started.error().to_string()}, refused_record);
    if (*started) return refuse(**started, refused_record);
    os::failpoint("executor.started_recorded");

    parts_.log.info("step admitted",
                    {{"step", verified.claims.stp}, {"release", verified.approval.release_id}});
    (void)parts_.send_event(ipc::RecordsEvent{});
    ipc::ExecuteReply reply;
    reply.admitted = true;
    reply.jti = verified.claims.jti;
    runner_.start(std::move(verified), *recorder_, std::move(request.artifacts), *std::move(secrets),
                  std::max(now, host.time_floor));
    return ipc::Reply(std::move(reply));
}

ipc::Reply Executor::refuse_unverified(const Refusal& refusal, const ipc::ExecuteRequest& request) {
    // What the token says is not believed: only digests of what was handed over are recorded.
    record::ActionRecord record = recorder_->make(record::Kind::refused);
    record.token_sha256 = crypto::sha256(request.token);
    record.action_sha256 = crypto::sha256(request.action);
    return refuse(refusal, std::move(record));
}

ipc::Reply Executor::refuse(const Refusal& refusal, record::ActionRecord record) {
    const std::string name(admission::name_of(refusal.code));
    record.outcome = refusal_outcome(refusal);
    parts_.log.warning("refused", {{"code", name}, {"detail", refusal.detail}});
    if (refusals_.admit(name, parts_.clock->boot())) append(std::move(record));
    ipc::ExecuteReply reply;
    reply.refusal = name;
    reply.number = admission::number_of(refusal.code);
    reply.detail = detail_line(refusal.detail);
    return reply;
}

Result<ipc::Reply> Executor::on(const ipc::QueryRequest& request) {
    SB_TRY(const journal::Step step, parts_.journal->step(request.approval_sha256, request.step_id));
    ipc::QueryReply reply;
    reply.attempt = step.attempts;
    if (step.state == admission::StepState::running) reply.state = ipc::StepState::running;
    if (step.state == admission::StepState::succeeded || step.state == admission::StepState::failed) {
        reply.state = ipc::StepState::done;
        SB_TRY(reply.outcome, parse_outcome(step.outcome));
    }
    return ipc::Reply(std::move(reply));
}

Result<ipc::Reply> Executor::on(ipc::ProbeResultRequest& request) {
    probes_.answer(std::move(request));
    return ipc::Reply(ipc::Done{});
}

void Executor::append(record::ActionRecord record) {
    const std::string_view kind = record::to_string(record.kind);
    const Status stored = parts_.journal->append(std::move(record), *parts_.key);
    store_.wrote(stored);
    if (!stored)
        parts_.log.error("cannot store a record", {{"kind", kind}, {"error", stored.error()}});
    else
        (void)parts_.send_event(ipc::RecordsEvent{});
}

void Executor::tick() {
    watch_clock();
    watch_ledger();
    watch_store();
    record_counted(false);
}

std::optional<Recorder> Executor::recorder() {
    const std::lock_guard lock(recorder_mutex_);
    return recorder_;
}

void Executor::record_counted(bool all) {
    const auto recorder = this->recorder();
    if (!recorder) return;
    const auto put = [&](ReportLimit& limit, record::Kind kind, const std::string& prefix) {
        const auto counted = limit.take(parts_.clock->boot(), all);
        if (!counted) return;
        record::ActionRecord record = recorder->make(kind);
        record.outcome.emplace();
        record.outcome->code = prefix + counted->code;
        record.outcome->detail = detail_line(counted->detail);
        append(std::move(record));
    };
    put(refusals_, record::Kind::refused, "refused:");
    put(alarms_, record::Kind::observed, "");
}

void Executor::watch_clock() {
    const Duration offset = parts_.clock->now().time_since_epoch() - parts_.clock->boot();
    const Duration moved = offset - clock_offset_;
    if (moved < kClockStep && moved > -kClockStep) {
        clock_offset_ = offset;  // slewing is no step
        return;
    }
    const auto recorder = this->recorder();
    clock_offset_ = offset;
    const auto by = std::chrono::duration_cast<std::chrono::seconds>(moved).count();
    parts_.log.warning("the wall clock was set", {{"seconds", by}});
    if (!recorder) return;
    record::ActionRecord record = recorder->make(record::Kind::clock_step);
    record.outcome.emplace();
    record.outcome->code = "ok";
    record.outcome->detail = fmt::format("the wall clock moved by {} s against the boot clock", by);
    append(std::move(record));
}

// While a write has failed nothing is sent here, so whether it would succeed again has to be tried out.
void Executor::watch_store() {
    store_.look(os::free_space(parts_.private_folder));
    if (store_.failed()) store_.wrote(parts_.journal->try_out());
    const std::string problem = storage_problem();
    if (!store_.changed(problem)) return;
    if (problem.empty()) {
        parts_.log.info("the journal can be written again");
    } else {
        parts_.log.error("no deployments are taken", {{"reason", problem}});
    }
    (void)parts_.send_event(ipc::StateEvent{});
}

void Executor::watch_ledger() {
    const auto recorder = this->recorder();
    if (!recorder || !freshness_.became_stale(parts_.clock->boot())) return;
    parts_.log.error("alarm", {{"code", "checkpoint_stale"}, {"minutes", Freshness::kStaleAfter.count()}});
    record::ActionRecord record = recorder->make(record::Kind::observed);
    record.outcome.emplace();
    record.outcome->code = "checkpoint_stale";
    record.outcome->detail =
        fmt::format("the ledger has shown nothing new for {} minutes", Freshness::kStaleAfter.count());
    append(std::move(record));
}

void Executor::stop(std::chrono::seconds grace) {
    runner_.drain(grace);
    probes_.stop();
    runner_.cancel_and_join();
    record_counted(true);
}

}  // namespace signalbox::executor
