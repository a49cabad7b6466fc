// SPDX-License-Identifier: Apache-2.0
// The members of each object stand in the order of their bytes.
#include "controller/release/plan/actions.hpp"

#include "controller/release/plan/canonical_writer.hpp"

namespace signalbox::plan {
namespace {

using std::chrono::seconds;

Action finish(CanonicalWriter out, std::string kind, seconds deadline) {
    out.end_object();
    return {std::move(kind), std::move(out).take(), deadline};
}

void add_limits(CanonicalWriter& out, const Given& given) {
    if (given.limits.none()) return;
    out.key("limits");
    out.begin_object();
    for (const actions::LimitRule& rule : actions::kLimitRules) {
        if (const auto& value = given.limits.*rule.member) out.member(rule.name, *value);
    }
    out.end_object();
}

void add_secrets(CanonicalWriter& out, const Given& given) {
    if (given.secrets.empty()) return;
    out.key("secrets");
    out.begin_object();
    for (const auto& [local, reference] : given.secrets) {
        out.key(local);
        out.begin_object();
        out.member("commitment", reference.commitment.hex());
        out.member("name", reference.name);
        out.member("version", reference.version);
        out.end_object();
    }
    out.end_object();
}

}  // namespace

Action ActionWriter::stage(const ArtifactRef& artifact, seconds deadline) const {
    CanonicalWriter out;
    out.begin_object();
    out.key("artifact");
    out.begin_object();
    out.member("format", artifact.format);
    out.member("sha256", artifact.sha256.hex());
    out.member("size", artifact.size);
    out.end_object();
    out.member("deadline_s", deadline.count());
    out.member("kind", "artifact.stage");
    out.member("service", service_);
    return finish(std::move(out), "artifact.stage", deadline);
}

Action ActionWriter::activate(const ArtifactRef& artifact, const Words& argv, const std::string& user,
                              const Given& given, seconds deadline) const {
    CanonicalWriter out;
    out.begin_object();
    out.member("argv", argv);
    out.member("artifact_sha256", artifact.sha256.hex());
    out.member("deadline_s", deadline.count());
    out.member("kind", "release.activate");
    add_limits(out, given);
    add_secrets(out, given);
    out.member("service", service_);
    out.member("user", user);
    return finish(std::move(out), "release.activate", deadline);
}

Action ActionWriter::revert(const StepId& of, const Words& argv, const std::string& user, const Given& given,
                            seconds deadline) const {
    CanonicalWriter out;
    out.begin_object();
    out.member("argv", argv);
    out.member("deadline_s", deadline.count());
    out.member("kind", "release.revert");
    add_limits(out, given);
    out.member("of", of);
    add_secrets(out, given);
    out.member("service", service_);
    out.member("user", user);
    return finish(std::move(out), "release.revert", deadline);
}

Action ActionWriter::check(const Check& check, seconds deadline) const {
    CanonicalWriter out;
    out.begin_object();
    if (check.url.empty()) out.member("argv", check.argv);
    out.member("deadline_s", deadline.count());
    if (!check.url.empty()) {
        out.key("http");
        out.begin_object();
        out.member("contains", check.contains);
        out.member("expect", check.expect);
        out.member("url", check.url);
        out.end_object();
    }
    out.member("interval_ms", check.interval.count());
    out.member("kind", "health.check");
    add_limits(out, check.given);
    add_secrets(out, check.given);
    out.member("service", service_);
    out.member("successes", check.successes);
    out.member("within_s", check.within.count());
    return finish(std::move(out), "health.check", deadline);
}

Action ActionWriter::shift(const estate::Traffic& traffic, const Balancer& balancer, const Weights& weights,
                           const Weights& expect, seconds deadline) const {
    const bool haproxy = traffic.kind == "haproxy";
    const bool nginx = traffic.kind == "nginx";
    CanonicalWriter out;
    out.begin_object();
    out.member("adapter", traffic.kind);
    if (nginx) out.member("addresses", traffic.addresses);
    if (!haproxy && !nginx) out.member("argv", balancer.argv);
    if (haproxy) out.member("backend", traffic.backend.value);
    out.member("deadline_s", deadline.count());
    out.member("drain_s", traffic.drain.count());
    out.member("expect", expect);
    if (nginx) out.member("file", balancer.file);
    out.member("kind", "traffic.shift");
    if (nginx) out.member("reload", balancer.reload);
    out.member("service", service_);
    if (!haproxy && !nginx) out.member("show", balancer.show);
    if (haproxy) out.member("socket", balancer.socket);
    if (nginx) {
        out.member("test", balancer.test);
        out.member("upstream", traffic.upstream.value);
    }
    out.member("weights", weights);
    return finish(std::move(out), "traffic.shift", deadline);
}

Action ActionWriter::run(const Words& argv, const std::string& user,
                         const std::map<std::string, std::string>& env, const Given& given,
                         seconds deadline) const {
    CanonicalWriter out;
    out.begin_object();
    out.member("argv", argv);
    out.member("deadline_s", deadline.count());
    out.member("env", env);
    out.member("kind", "command.run");
    add_limits(out, given);
    add_secrets(out, given);
    out.member("service", service_);
    out.member("user", user);
    return finish(std::move(out), "command.run", deadline);
}

}  // namespace signalbox::plan
