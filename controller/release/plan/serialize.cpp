// SPDX-License-Identifier: Apache-2.0
// A plan's canonical bytes: docs/formats/plan.md. The members of each object stand in the order of their
// bytes.
#include "controller/release/plan/canonical_writer.hpp"
#include "controller/release/plan/plan.hpp"

namespace signalbox::plan {
namespace {

using Writer = CanonicalWriter;

void write(Writer& out, const ArtifactRef& artifact) {
    out.begin_object();
    out.member("format", artifact.format);
    out.member("sha256", artifact.sha256.hex());
    out.member("size", artifact.size);
    out.end_object();
}

void write(Writer& out, const PlanBreaker& breaker) {
    out.begin_object();
    out.member("failures", breaker.failures);
    out.member("half_open_after_s", breaker.half_open_after.count());
    out.member("rate_of", breaker.rate_of);
    out.member("rate_percent", breaker.rate_percent);
    out.member("window_s", breaker.window.count());
    out.end_object();
}

void write(Writer& out, const PlanCalendar& calendar) {
    out.begin_object();
    out.key("blackouts");
    out.begin_array();
    for (const auto& blackout : calendar.blackouts) {
        out.begin_object();
        out.member("from", to_rfc3339(blackout.from));
        out.member("name", blackout.name);
        out.member("to", to_rfc3339(blackout.to));
        out.end_object();
    }
    out.end_array();
    out.member("name", calendar.name);
    out.member("open_hours", calendar.open_hours);
    out.end_object();
}

void write(Writer& out, const std::map<std::string, PlanCap>& caps) {
    out.begin_object();
    for (const auto& [scope, cap] : caps) {
        out.key(scope);
        out.begin_object();
        out.member("hard_cap", cap.hard_cap);
        out.member("max_in_flight", cap.max_in_flight);
        out.member("peak_hours", cap.peak_hours);
        out.member("peak_max_in_flight", cap.peak_max_in_flight);
        out.end_object();
    }
    out.end_object();
}

void write(Writer& out, const PlanGroup& group) {
    out.begin_object();
    out.member("batch", group.batch);
    out.member("hosts", group.hosts);
    out.member("idle", group.idle);
    out.member("live", group.live);
    out.member("name", group.name);
    out.member("offline", to_string(group.offline));
    out.member("offline_after_s", group.offline_after.count());
    out.member("percents", group.percents);
    out.member("progress_deadline_s", group.progress_deadline.count());
    out.member("quorum", group.quorum);
    out.member("service", group.service);
    out.member("strategy", group.strategy);
    out.end_object();
}

void write(Writer& out, const PlanStep& step) {
    out.begin_object();
    out.key("action");
    out.raw(step.action);
    out.member("action_sha256", step.action_sha256.hex());
    out.member("after", step.after);
    out.member("agent_id", step.agent_id);
    out.key("artifacts");
    out.begin_array();
    for (const auto& artifact : step.artifacts) write(out, artifact);
    out.end_array();
    out.member("deadline_s", step.deadline.count());
    out.member("delay_s", step.delay.count());
    out.member("group", step.group);
    out.member("host", step.host);
    out.member("id", step.id);
    out.member("makes_live", step.makes_live);
    out.member("max_attempts", step.max_attempts);
    out.member("needs", step.needs);
    out.member("phase", to_string(step.phase));
    out.member("pool", step.pool);
    out.member("service", step.service);
    out.member("site", step.site);
    out.member("target", step.target);
    out.member("undo_of", step.undo_of);
    out.end_object();
}

void write(Writer& out, const Assumption& assumption) {
    out.begin_object();
    out.member("environment", assumption.environment);
    out.member("group", assumption.group);
    out.member("live", assumption.live);
    out.member("service", assumption.service);
    out.end_object();
}

void write(Writer& out, const PlanService& service) {
    out.begin_object();
    out.key("artifact");
    write(out, service.artifact);
    out.member("commit", service.commit);
    out.member("name", service.name);
    out.member("version", service.version);
    out.end_object();
}

void write_list(Writer& out, std::string_view key, const auto& values) {
    out.key(key);
    out.begin_array();
    for (const auto& value : values) write(out, value);
    out.end_array();
}

void write(Writer& out, const PlanEnvironment& environment) {
    out.begin_object();
    out.member("barrier", environment.barrier);
    out.key("breaker");
    write(out, environment.breaker);
    out.key("calendar");
    write(out, environment.calendar);
    out.key("caps");
    write(out, environment.caps);
    write_list(out, "groups", environment.groups);
    out.member("joins", environment.joins);
    out.member("name", environment.name);
    out.member("promotes_from", environment.promotes_from);
    write_list(out, "steps", environment.steps);
    out.member("tier", environment.tier);
    write_list(out, "undo", environment.undo);
    out.member("undo_joins", environment.undo_joins);
    out.end_object();
}

}  // namespace

std::string serialize(const Plan& plan) {
    Writer out;
    out.begin_object();
    write_list(out, "assumes", plan.assumes);
    out.key("breaker");
    write(out, plan.breaker);
    out.member("change", plan.change);
    out.member("cluster_id", plan.cluster_id);
    out.key("environments");
    out.begin_array();
    for (const auto& environment : plan.environments) write(out, environment);
    out.end_array();
    out.member("estate_commit", plan.estate_commit);
    out.member("format", kPlanFormat);
    out.member("jitter_s", plan.jitter.count());
    out.member("manifest", plan.manifest);
    out.member("manifest_sha256", plan.manifest_sha256.hex());
    out.member("name", plan.name);
    out.member("overrun", to_string(plan.overrun));
    out.member("priority", to_string(plan.priority));
    out.member("release_counter", plan.release_counter);
    out.member("release_id", plan.release_id);
    out.member("requester", plan.requester);
    write_list(out, "services", plan.services);
    out.member("tickets", plan.tickets);
    out.member("undo_on_failure", plan.undo_on_failure);
    out.member("version", plan.version);
    out.end_object();
    return std::move(out).take();
}

crypto::Digest plan_digest(std::string_view canonical) {
    return crypto::sha256(canonical);
}

}  // namespace signalbox::plan
