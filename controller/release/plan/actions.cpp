// SPDX-License-Identifier: Apache-2.0
#include "controller/release/plan/actions.hpp"

#include "common/json/json.hpp"

namespace signalbox::plan {
namespace {

using json::Json;

Action finish(std::string kind, const std::string& service, std::chrono::seconds deadline, Json fields) {
    fields["kind"] = kind;
    fields["service"] = service;
    fields["deadline_s"] = deadline.count();
    return {std::move(kind), json::canonical(fields), deadline};
}

}  // namespace

Action ActionWriter::stage(const ArtifactRef& artifact, std::chrono::seconds deadline) const {
    Json fields = Json::object();
    fields["artifact"]["sha256"] = artifact.sha256.hex();
    fields["artifact"]["size"] = artifact.size;
    fields["artifact"]["format"] = artifact.format;
    return finish("artifact.stage", service_, deadline, std::move(fields));
}

Action ActionWriter::activate(const ArtifactRef& artifact, const Words& argv, const std::string& user,
                              std::chrono::seconds deadline) const {
    Json fields = Json::object();
    fields["artifact_sha256"] = artifact.sha256.hex();
    fields["argv"] = argv;
    fields["user"] = user;
    return finish("release.activate", service_, deadline, std::move(fields));
}

Action ActionWriter::revert(const StepId& of, const Words& argv, const std::string& user,
                            std::chrono::seconds deadline) const {
    Json fields = Json::object();
    fields["of"] = of.str();
    fields["argv"] = argv;
    fields["user"] = user;
    return finish("release.revert", service_, deadline, std::move(fields));
}

Action ActionWriter::check(const estate::HealthCheck& health, const std::string& url,
                           const std::string& contains, const Words& argv,
                           std::chrono::seconds deadline) const {
    Json fields = Json::object();
    if (url.empty()) {
        fields["argv"] = argv;
    } else {
        fields["http"]["url"] = url;
        fields["http"]["expect"] = health.expect;
        fields["http"]["contains"] = contains;
    }
    fields["within_s"] = health.within.count();
    fields["interval_ms"] = health.interval.count();
    fields["successes"] = health.successes;
    return finish("health.check", service_, deadline, std::move(fields));
}

Action ActionWriter::shift(const estate::Traffic& traffic, const std::string& socket, const Weights& weights,
                           const Weights& expect, std::chrono::seconds deadline) const {
    Json fields = Json::object();
    fields["adapter"] = traffic.kind;
    fields["socket"] = socket;
    fields["backend"] = traffic.backend.value;
    fields["weights"] = weights;
    fields["expect"] = expect;
    fields["drain_s"] = traffic.drain.count();
    return finish("traffic.shift", service_, deadline, std::move(fields));
}

Action ActionWriter::run(const Words& argv, const std::string& user,
                         const std::map<std::string, std::string>& env, std::chrono::seconds deadline) const {
    Json fields = Json::object();
    fields["argv"] = argv;
    fields["user"] = user;
    fields["env"] = env;
    return finish("command.run", service_, deadline, std::move(fields));
}

}  // namespace signalbox::plan
