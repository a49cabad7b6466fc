// SPDX-License-Identifier: Apache-2.0
#include "controller/release/dispatch/release_api.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controller/release/dispatch/documents.hpp"
#include "controller/release/dispatch/terms.hpp"
#include "controller/release/dispatch/view.hpp"

namespace signalbox::dispatch {
namespace {

Error no_release(const std::string& id) {
    return {Code::not_found, fmt::format("there is no release '{:.100}'", id),
            "List them: signalbox release list"};
}

// Whether the standing approval covers the release where it is for; otherwise why not.
Status check_covered(const Loaded& release, const GivenStanding& given, const trust::TrustFile* trust,
                     const StoredWithdrawal* withdrawal) {
    const auto no = [&](const std::string& why) {
        return Error(
            Code::refused,
            fmt::format("the standing approval {} does not cover this release: {}", given.parsed.name, why),
            "Start it without --standing, and let people approve it");
    };
    if (trust == nullptr) return no("no trust file says whose signatures count");
    if (withdrawal != nullptr) return no("it was revoked at " + to_rfc3339(withdrawal->taken));
    const ApprovalDocument* document = release.approval(given.parsed.environment);
    if (document == nullptr) return no("the release does not go to " + given.parsed.environment);
    const auto approved =
        trust::verify_release(*trust, document->envelope, given.standing, given.artifact_statement);
    if (!approved) return no(approved.error().message());
    return {};
}

}  // namespace

ReleaseApi::ReleaseApi(Parts parts) : parts_(parts), self_(std::make_shared<ReleaseApi*>(this)) {
    parts_.engine.on_change([weak = std::weak_ptr(self_)](const ReleaseId& id) {
        const auto self = weak.lock();
        if (!self) return;
        auto& waiters = (*self)->waiters_;
        for (auto it = waiters.begin(); it != waiters.end();) {
            const auto next = std::next(it);
            if (it->release == id) (*self)->answer(it);
            it = next;
        }
    });
}

void ReleaseApi::plan(const access::Caller& caller, const v1::PlanRequest& request,
                      Done<v1::PlanResponse> done) {
    parts_.planner.plan(
        {request.manifest(), request.ref(), caller.name, ""},
        [weak = std::weak_ptr(self_), request, done = std::move(done)](Result<Planned> planned) {
            if (const auto self = weak.lock()) done((*self)->planned(planned, request));
        });
}

Result<v1::PlanResponse> ReleaseApi::planned(const Result<Planned>& planned, const v1::PlanRequest& request) {
    if (!planned) return planned.error();
    v1::PlanResponse out;
    for (const estate::Problem& problem : planned->problems) *out.add_problems() = view(problem);
    if (!planned->plan) return out;
    const plan::Plan& plan = *planned->plan;
    const std::string text = plan::serialize(plan);
    out.set_plan(text);
    out.set_plan_sha256(plan::plan_digest(text).hex());
    const Instant now = parts_.engine.now();
    SB_TRY(const auto given, given_standing(request.under()));
    const StartTerms terms{now, std::chrono::floor<std::chrono::seconds>(now), now + kWindow, now + kWindow};
    for (const plan::PlanEnvironment& environment : plan.environments) {
        gate::ApprovalFacts facts;
        if (const GivenStanding* standing = given_for(given, environment.name)) {
            SB_TRY(const ApprovalDocument document, document_for(plan, environment, terms, "", given));
            facts = facts_of(document, parts_.engine.withdrawal_of(standing->digest));
        }
        SB_TRY(const auto verdicts, parts_.engine.preview(plan, environment, terms, facts));
        for (const sequence::Verdict& verdict : verdicts) *out.add_gates() = view(environment.name, verdict);
    }
    return out;
}

void ReleaseApi::start(const access::Caller& caller, const v1::StartReleaseRequest& request,
                       Done<v1::StartReleaseResponse> done) {
    // Planning takes a while, and cannot make this better.
    const auto begin = begin_of(request, parts_.engine.now());
    if (!begin) return done(begin.error());
    parts_.planner.plan(
        {request.manifest(), request.ref(), caller.name, request.change()},
        [weak = std::weak_ptr(self_), caller, request, done = std::move(done)](Result<Planned> planned) {
            if (const auto self = weak.lock()) done((*self)->started(planned, caller, request));
        });
}

Result<v1::StartReleaseResponse> ReleaseApi::started(const Result<Planned>& planned,
                                                     const access::Caller& caller,
                                                     const v1::StartReleaseRequest& request) {
    if (!planned) return planned.error();
    if (!planned->plan) {
        return planned->problems.empty()
                   ? Error(Code::internal, "there is neither a plan nor a problem", "Report this as a bug")
                   : estate::to_error(planned->problems);
    }
    Loaded release;
    release.plan = *planned->plan;
    release.plan_text = plan::serialize(release.plan);
    const std::string digest = plan::plan_digest(release.plan_text).hex();
    if (!request.expect_plan_sha256().empty() && request.expect_plan_sha256() != digest) {
        return Error(
            Code::conflict,
            fmt::format("the plan is {} now, and {:.64} was expected", digest, request.expect_plan_sha256()),
            "Look at it again: signalbox release plan");
    }
    SB_TRY(const StartTerms terms,
           terms_of(request, release.plan, parts_.trust.current(), parts_.engine.now()));
    SB_TRY(release.spec, spec_of(release.plan, terms));
    SB_TRY(const Placements placements, parts_.store.placements());
    for (const HostPlacement& host : placements.hosts) {
        if (release.plan.service(host.service) != nullptr) release.before.push_back(host);
    }
    SB_TRY(const auto given, given_standing(request.under()));
    for (const plan::PlanEnvironment& environment : release.plan.environments) {
        SB_TRY(ApprovalDocument document,
               document_for(release.plan, environment, terms, caller.approver_kid, given));
        release.approvals.push_back(std::move(document));
    }
    std::vector<ledger::PendingEntry> entries;
    for (const GivenStanding& each : given) {
        SB_CHECK(
            check_covered(release, each, parts_.trust.current(), parts_.engine.withdrawal_of(each.digest)));
        entries.push_back(parts_.sealer.decision(
            "standing_used",
            {{"release_id", release.plan.release_id.str()},
             {"environment", each.parsed.environment},
             {"name", each.parsed.name},
             {"by", caller.name},
             {"standing_sha256", each.digest.hex()},
             {"artifact_statement_sha256", crypto::sha256(each.artifact_statement).hex()}},
            parts_.engine.now()));
    }
    v1::StartReleaseResponse out;
    out.set_release_id(release.plan.release_id.str());
    out.set_plan_sha256(digest);
    SB_CHECK(parts_.engine.start(std::move(release), std::move(entries)));
    return out;
}

Result<v1::ReleaseInfo> ReleaseApi::info(const ReleaseId& id, bool with_steps) {
    const sequence::State& all = parts_.engine.state();
    const auto state = all.releases.find(id);
    const Loaded* known = parts_.engine.loaded(id);
    if (state != all.releases.end() && known != nullptr) {
        return view(*known, state->second, all, parts_.engine.now(), with_steps);
    }
    SB_TRY(const auto stored, parts_.store.load(id));
    if (!stored) return no_release(id.str());
    SB_TRY(const Loaded release, load(stored->fixed));
    SB_TRY(const sequence::ReleaseState ended, load_state(*stored, release));
    return view(release, ended, all, parts_.engine.now(), with_steps);
}

void ReleaseApi::get(const access::Caller&, const v1::GetReleaseRequest& request,
                     Done<v1::GetReleaseResponse> done) {
    const ReleaseId id(request.release_id());
    auto now_info = info(id, true);
    if (!now_info) return done(std::move(now_info).error());
    const bool waits = request.wait_ms() > 0 && now_info->revision() <= request.after_revision() &&
                       now_info->finished().empty();
    if (!waits) {
        v1::GetReleaseResponse out;
        *out.mutable_release() = *std::move(now_info);
        return done(std::move(out));
    }
    waiters_.push_back({id, async::TimerId::none, std::move(done)});
    const auto waiter = std::prev(waiters_.end());
    const Duration wait = std::min(kMaxWait, Duration(std::chrono::milliseconds(request.wait_ms())));
    waiter->timer = parts_.strand.post_at(parts_.engine.now() + wait, [weak = std::weak_ptr(self_), waiter] {
        if (const auto self = weak.lock()) (*self)->answer(waiter);
    });
}

void ReleaseApi::answer(std::list<Waiter>::iterator waiter) {
    parts_.strand.cancel(waiter->timer);
    const Done<v1::GetReleaseResponse> done = std::move(waiter->done);
    const ReleaseId id = waiter->release;
    waiters_.erase(waiter);
    auto now_info = info(id, true);
    if (!now_info) return done(std::move(now_info).error());
    v1::GetReleaseResponse out;
    *out.mutable_release() = *std::move(now_info);
    done(std::move(out));
}

Result<v1::ListReleasesResponse> ReleaseApi::list(const access::Caller&,
                                                  const v1::ListReleasesRequest& request) {
    const std::size_t limit = request.limit() == 0 ? 50 : std::min<std::size_t>(request.limit(), 1000);
    SB_TRY(const auto stored, parts_.store.list(limit));
    v1::ListReleasesResponse out;
    for (const StoredRelease& release : stored) {
        SB_TRY(*out.add_releases(), info(release.fixed.id, false));
    }
    return out;
}

Result<v1::ReleaseCommandResponse> ReleaseApi::command(sequence::CommandKind kind,
                                                       const access::Caller& caller,
                                                       const v1::ReleaseCommandRequest& request) {
    const ReleaseId id(request.release_id());
    SB_CHECK(parts_.engine.command({id, kind, caller.name, request.reason()}));
    v1::ReleaseCommandResponse out;
    SB_TRY(*out.mutable_release(), info(id, true));
    return out;
}

Result<v1::ReleaseCommandResponse> ReleaseApi::halt(const access::Caller& caller,
                                                    const v1::ReleaseCommandRequest& request) {
    return command(sequence::CommandKind::halt, caller, request);
}
Result<v1::ReleaseCommandResponse> ReleaseApi::resume(const access::Caller& caller,
                                                      const v1::ReleaseCommandRequest& request) {
    return command(sequence::CommandKind::resume, caller, request);
}
Result<v1::ReleaseCommandResponse> ReleaseApi::abort(const access::Caller& caller,
                                                     const v1::ReleaseCommandRequest& request) {
    return command(sequence::CommandKind::abort, caller, request);
}
Result<v1::ReleaseCommandResponse> ReleaseApi::undo(const access::Caller& caller,
                                                    const v1::ReleaseCommandRequest& request) {
    return command(sequence::CommandKind::undo, caller, request);
}

}  // namespace signalbox::dispatch
