// SPDX-License-Identifier: Apache-2.0
#include "controller/release/plan/compile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "controller/estate/suggest.hpp"
#include "controller/release/plan/environment_builder.hpp"
#include "controller/release/plan/limits.hpp"

namespace signalbox::plan {
namespace {

const artifact::ArtifactRecord* find_artifact(const Inputs& inputs, const estate::ArtifactSource& source) {
    const artifact::ArtifactRecord* found = nullptr;
    for (const auto& record : inputs.artifacts) {
        const bool match = source.sha256 ? record.sha256 == *source.sha256 : record.source == source.url;
        // Of several imports of one Git tree there is one content; take the smallest digest for the same
        // bytes whatever the order of the list.
        if (match && (found == nullptr || record.sha256 < found->sha256)) found = &record;
    }
    return found;
}

std::string how_to_get(const estate::ArtifactSource& source) {
    if (source.url.starts_with("blob:")) return "Push it: signalbox artifact push FILE";
    if (!source.sha256) {
        // Content is kept once, under the first place that it came from.
        return fmt::format(
            "Import it: signalbox artifact import '{}'. If the same tree came from another commit "
            "before, name it by the digest that this prints: blob:sha256:…",
            source.url);
    }
    return fmt::format("Import it: signalbox artifact import '{}' --sha256 {}", source.url,
                       source.sha256->hex());
}

std::optional<ArtifactRef> resolve_artifact(const Inputs& inputs, const Part& part,
                                            estate::Problems& problems) {
    const estate::ArtifactSource& app = part.release->app;
    const estate::Service& service = *part.service;
    const auto* record = find_artifact(inputs, app);
    if (record == nullptr) {
        problems.push_back({app.at,
                            fmt::format("the controller does not hold the artifact '{:.120}'", app.url),
                            how_to_get(app)});
        return std::nullopt;
    }
    if (record->format != service.format) {
        problems.push_back({app.at,
                            fmt::format("the artifact is a {}, and the service '{}' takes {}", record->format,
                                        service.name, service.format),
                            "Correct 'artifact.format' of the service, or push an archive of that format"});
        return std::nullopt;
    }
    return ArtifactRef{record->sha256, record->size, record->format};
}

// The estate's problems that concern this release: in its own file or in a file that it uses.
std::set<std::string> files_of(const estate::Estate& estate, const estate::Release& release) {
    std::set<std::string> files{release.path_in_estate};
    for (const auto& part : release.services) {
        const auto it = estate.services.find(part.name.value);
        if (it != estate.services.end()) files.insert(it->second.at.file);
    }
    for (const auto& name : release.path) {
        const auto it = estate.environments.find(name.value);
        if (it == estate.environments.end()) continue;
        files.insert(it->second.at.file);
        const auto calendar = estate.calendars.find(it->second.calendar.value);
        if (calendar != estate.calendars.end()) files.insert(calendar->second.at.file);
    }
    return files;
}

Plan header(const Inputs& inputs, const estate::Release& release) {
    Plan plan;
    plan.cluster_id = inputs.cluster_id;
    plan.release_id = ReleaseId(fmt::format("{}-{}-{}", release.name.value, release.version, inputs.counter));
    plan.release_counter = inputs.counter;
    plan.name = release.name.value;
    plan.version = release.version;
    if (auto priority = parse_priority(release.priority)) plan.priority = *priority;
    if (auto overrun = parse_overrun(release.overrun)) plan.overrun = *overrun;
    plan.jitter = release.jitter;
    plan.breaker = to_plan(release.breaker);
    plan.estate_commit = inputs.estate_commit;
    plan.manifest = inputs.manifest;
    plan.manifest_sha256 = release.sha256;
    plan.requester = inputs.requester;
    plan.change = inputs.change;
    plan.tickets = release.tickets;
    plan.undo_on_failure = release.undo_on_failure;
    return plan;
}

std::vector<Part> parts_of(const Inputs& inputs, const estate::Release& release, estate::Problems& problems) {
    std::vector<Part> out;
    for (const auto& one : release.services) {
        const auto service = inputs.estate.services.find(one.name.value);
        if (service != inputs.estate.services.end()) {
            out.push_back({&one, &service->second});
            continue;
        }
        problems.push_back({one.name.at, fmt::format("service '{}' is not in the estate", one.name.value),
                            estate::suggest(one.name.value, estate::keys_of(inputs.estate.services))});
    }
    return out;
}

Artifacts add_services(const Inputs& inputs, const Dependencies& services, Plan& plan,
                       estate::Problems& problems) {
    Artifacts out;
    for (const auto& part : services.order()) {
        const auto artifact = resolve_artifact(inputs, part, problems);
        out.push_back(artifact.value_or(ArtifactRef{}));
        plan.services.push_back(
            {part.service->name, part.release->version, part.release->commit, out.back()});
    }
    return out;
}

void add_environment(const LaneInputs& from, const Artifacts& artifacts, Plan& plan,
                     estate::Problems& problems) {
    const auto lanes = make_lanes(from, problems);
    if (estate::has_errors(problems)) return;
    auto environment = build_environment(from, lanes, artifacts, problems);
    if (!environment) return;
    plan.environments.push_back(*std::move(environment));
    for (const auto& lane : lanes) {
        if (!lane.colours()) continue;
        plan.assumes.push_back(
            {from.environment.name, lane.part.service->name, lane.strategy->group, lane.live});
    }
}

}  // namespace

Result<Plan> compile(const Inputs& inputs, estate::Problems& problems) {
    const auto it = inputs.estate.releases.find(inputs.manifest);
    if (it == inputs.estate.releases.end()) {
        return Error{Code::not_found,
                     fmt::format("the estate has no release '{:.200}' at commit {}", inputs.manifest,
                                 inputs.estate_commit),
                     estate::suggest(inputs.manifest, estate::keys_of(inputs.estate.releases))};
    }
    const estate::Release& release = it->second;

    // What the estate's own check found wrong elsewhere does not stop this release.
    const auto files = files_of(inputs.estate, release);
    // A throttle that cannot be read is a limit that nobody would keep.
    std::erase_if(problems, [&](const estate::Problem& p) {
        return !files.contains(p.at.file) && !p.at.file.starts_with("throttles/");
    });
    if (estate::has_errors(problems)) return estate::to_error(problems);

    const auto parts = parts_of(inputs, release, problems);
    if (estate::has_errors(problems)) return estate::to_error(problems);
    const Dependencies services(inputs.estate, parts, problems);
    if (estate::has_errors(problems)) return estate::to_error(problems);

    Plan plan = header(inputs, release);
    const Artifacts artifacts = add_services(inputs, services, plan, problems);
    const Fleet fleet(inputs.hosts);
    for (const auto& name : release.path) {
        const auto environment = inputs.estate.environments.find(name.value);
        if (environment == inputs.estate.environments.end()) {
            problems.push_back({name.at, fmt::format("environment '{}' is not in the estate", name.value),
                                estate::suggest(name.value, estate::keys_of(inputs.estate.environments))});
            continue;
        }
        add_environment({inputs, release, services, fleet.of(name.value), environment->second}, artifacts,
                        plan, problems);
    }
    std::sort(problems.begin(), problems.end());
    problems.erase(std::unique(problems.begin(), problems.end()), problems.end());
    if (estate::has_errors(problems)) return estate::to_error(problems);
    return plan;
}

}  // namespace signalbox::plan
