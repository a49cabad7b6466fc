// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/app/step_runner.hpp"

#include <algorithm>

#include "common/os/failpoint.hpp"

namespace signalbox::executor {
namespace {

constexpr std::chrono::seconds kRetryRecord{1};

// A step's way back, kept in the journal under its approval.
class JournalSwitches final : public actions::SwitchMemory {
  public:
    JournalSwitches(journal::Journal& journal, const crypto::Digest& approval)
        : journal_(&journal), approval_(approval) {}

    Result<std::optional<actions::Switch>> find(const StepId& step) override {
        SB_TRY(auto found, journal_->switch_of(approval_, step));
        if (!found) return std::optional<actions::Switch>();
        return std::optional(actions::Switch{std::move(found->before), std::move(found->after)});
    }
    Status remember(const StepId& step, const actions::Switch& change) override {
        return journal_->remember_switch(approval_, step, {change.before, change.after});
    }

  private:
    journal::Journal* journal_;
    crypto::Digest approval_;
};

}  // namespace

bool StepRunner::has_room() {
    join_finished();
    const std::lock_guard lock(mutex_);
    return works_.size() < kMaxSteps && !draining_;
}

std::string StepRunner::problem() {
    const std::lock_guard lock(mutex_);
    return problem_;
}

void StepRunner::start(admission::Verified verified, const Recorder& recorder,
                       std::vector<os::UniqueFd> artifacts, secret::Values secrets, Instant admitted) {
    const std::lock_guard lock(mutex_);
    Work& work = works_.emplace_back(std::move(verified), recorder, std::move(artifacts), std::move(secrets),
                                     admitted, parts_.clock->boot());
    work.thread = std::thread([this, &work] { run(work); });
}

void StepRunner::run(Work& work) {
    const std::string& service = work.verified.action.service;
    const bool entered = enter_service(service);
    const Duration begin = parts_.clock->boot();
    actions::StepResult result;
    if (entered) {
        result = act(work);
    } else {
        result.code = "killed";
        result.detail = "the executor was stopped before the step began";
    }
    os::failpoint("executor.ran");
    record_end(work, result, parts_.clock->boot() - begin);
    os::failpoint("executor.finished_recorded");
    if (entered) leave_service(service);
    parts_.on_records();
    const std::lock_guard lock(mutex_);
    work.done = true;
    changed_.notify_all();
}

actions::StepResult StepRunner::act(Work& work) {
    const admission::Verified& verified = work.verified;
    // The window may have ended while the step waited for its service, and whoever sets the wall clock back
    // meanwhile must not gain time by it.
    const Duration boot = parts_.clock->boot();
    const Instant now = std::max(parts_.clock->now(), work.admitted + (boot - work.admitted_boot));
    if (const auto late = admission::check_window(verified, now)) {
        actions::StepResult result;
        result.code = refusal_outcome(*late).code;
        result.detail = late->detail;
        return result;
    }
    work.redact = secret::Patterns(work.secrets);
    JournalSwitches switches(*parts_.journal, verified.claims.apr);
    actions::StepContext context;
    context.services_root = parts_.services_root;
    context.private_folder = parts_.private_folder;
    context.service = verified.action.service;
    context.release_id = verified.approval.release_id.str();
    context.step_id = verified.claims.stp;
    context.deadline = boot + Duration(verified.action.deadline);
    if (const auto end = admission::must_end_by(verified, now)) {
        context.hard_end = boot + (*end - now);
        context.deadline = std::min(context.deadline, *context.hard_end);
    }
    context.clock = parts_.clock;
    context.cancel = &cancel_;
    context.pause = [this](Duration time) { return pause(time); };
    context.switches = &switches;
    context.prober = parts_.prober;
    context.credentials_folder = parts_.credentials_root + "/" + context.service;
    context.secrets = &work.secrets;
    context.redact = &work.redact;
    context.control_groups = parts_.control_groups;
    context.artifacts = std::move(work.artifacts);
    actions::StepResult result = actions::perform(verified.action, context);
    result.detail = work.redact.redacted(result.detail);
    return result;
}

// Until the end is recorded the step stays "running": after a restart it is reported as interrupted, never
// forgotten.
void StepRunner::record_end(const Work& work, const actions::StepResult& result, Duration took) {
    const admission::Verified& verified = work.verified;
    const auto kind = result.code == "interrupted" ? record::Kind::interrupted : record::Kind::finished;
    record::ActionRecord finished = work.recorder.about(kind, verified);
    finished.outcome = outcome_of(result, took);
    finished.before_sha256 = result.before;
    finished.after_sha256 = result.after;
    journal::Output output;
    if (result.out) {
        finished.stdout_sha256 = result.out->sha256;
        finished.stdout_len = result.out->length;
        output.out = result.out->kept;
    }
    if (result.err) {
        finished.stderr_sha256 = result.err->sha256;
        finished.stderr_len = result.err->length;
        output.err = result.err->kept;
    }
    const std::string outcome = outcome_text(*finished.outcome);
    for (;;) {
        const Status stored =
            parts_.journal->finish_step(verified.claims.apr, verified.claims.stp, result.succeeded(), outcome,
                                        finished, output, *parts_.key);
        {
            const std::lock_guard lock(mutex_);
            problem_ = stored ? "" : "the journal cannot store a step's end: " + stored.error().to_string();
        }
        if (stored) break;
        parts_.log.error("cannot record a step's end; trying again",
                         {{"step", verified.claims.stp}, {"error", stored.error()}});
        if (!pause(kRetryRecord)) return;
    }
    parts_.log.info("step finished",
                    {{"step", verified.claims.stp}, {"code", result.code}, {"detail", result.detail}});
}

bool StepRunner::enter_service(const std::string& service) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return cancel_.load() || !busy_.contains(service); });
    if (cancel_.load()) return false;
    busy_.insert(service);
    return true;
}

void StepRunner::leave_service(const std::string& service) {
    const std::lock_guard lock(mutex_);
    busy_.erase(service);
    changed_.notify_all();
}

bool StepRunner::pause(Duration time) {
    std::unique_lock lock(mutex_);
    return !changed_.wait_for(lock, time, [&] { return cancel_.load(); });
}

void StepRunner::join_finished() {
    std::list<Work> ended;
    {
        const std::lock_guard lock(mutex_);
        for (auto at = works_.begin(); at != works_.end();) {
            const auto next = std::next(at);
            if (at->done) ended.splice(ended.end(), works_, at);
            at = next;
        }
    }
    for (Work& work : ended) work.thread.join();
}

void StepRunner::drain(std::chrono::seconds grace) {
    std::unique_lock lock(mutex_);
    draining_ = true;
    changed_.wait_for(lock, grace, [&] {
        return std::all_of(works_.begin(), works_.end(), [](const Work& work) { return work.done.load(); });
    });
}

void StepRunner::cancel_and_join() {
    // Taken out of the list first: a step that the protocol's thread adds this moment is joined by the
    // destructor.
    std::list<Work> all;
    {
        const std::lock_guard lock(mutex_);
        draining_ = true;
        cancel_ = true;
        changed_.notify_all();
        all.splice(all.end(), works_);
    }
    for (Work& work : all) work.thread.join();
}

}  // namespace signalbox::executor
