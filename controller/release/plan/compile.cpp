// SPDX-License-Identifier: Apache-2.0
#include "controller/release/plan/compile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "controller/estate/suggest.hpp"
#include "controller/release/plan/lane.hpp"
#include "controller/release/plan/stage_builder.hpp"

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

std::optional<ArtifactRef> resolve_artifact(const Inputs& inputs, const estate::Release& release,
                                            const estate::Service& service, estate::Problems& problems) {
    const auto* record = find_artifact(inputs, release.app);
    if (record == nullptr) {
        problems.push_back(
            {release.app.at,
             fmt::format("the controller does not hold the artifact '{:.120}'", release.app.url),
             how_to_get(release.app)});
        return std::nullopt;
    }
    if (record->format != service.format) {
        problems.push_back({release.app.at,
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
    if (const auto it = estate.services.find(release.service.value); it != estate.services.end()) {
        files.insert(it->second.at.file);
    }
    for (const auto& name : release.path) {
        const auto it = estate.environments.find(name.value);
        if (it != estate.environments.end()) files.insert(it->second.at.file);
    }
    return files;
}

Plan header(const Inputs& inputs, const estate::Release& release) {
    Plan plan;
    plan.cluster_id = inputs.cluster_id;
    plan.release_id =
        ReleaseId(fmt::format("{}-{}-{}", release.service.value, release.version, inputs.counter));
    plan.release_counter = inputs.counter;
    plan.service = release.service.value;
    plan.version = release.version;
    plan.commit = release.commit;
    plan.estate_commit = inputs.estate_commit;
    plan.manifest = inputs.manifest;
    plan.manifest_sha256 = release.sha256;
    plan.requester = inputs.requester;
    plan.change = inputs.change;
    plan.tickets = release.tickets;
    plan.undo_on_failure = release.undo_on_failure;
    return plan;
}

void add_stage(const Inputs& inputs, const estate::Release& release, const estate::Service& service,
               const estate::Environment& environment, const std::optional<ArtifactRef>& artifact, Plan& plan,
               estate::Problems& problems) {
    const std::size_t before = problems.size();
    const auto lanes = make_lanes(inputs, release, environment, problems);
    const bool broken = std::any_of(problems.begin() + static_cast<std::ptrdiff_t>(before), problems.end(),
                                    [](const auto& p) { return !p.warning; });
    if (broken || !artifact || !service.health) return;
    plan.environments.push_back(
        StageBuilder(release, service, environment, *artifact, problems).build(lanes));
    for (const auto& lane : lanes) {
        if (lane.blue_green()) plan.assumes.push_back({environment.name, lane.strategy->group, lane.live});
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
    std::erase_if(problems, [&](const estate::Problem& p) { return !files.contains(p.at.file); });
    if (estate::has_errors(problems)) return estate::to_error(problems);

    const auto service = inputs.estate.services.find(release.service.value);
    if (service == inputs.estate.services.end()) {
        problems.push_back({release.service.at,
                            fmt::format("service '{}' is not in the estate", release.service.value),
                            estate::suggest(release.service.value, estate::keys_of(inputs.estate.services))});
        return estate::to_error(problems);
    }
    const auto artifact = resolve_artifact(inputs, release, service->second, problems);
    Plan plan = header(inputs, release);
    for (const auto& name : release.path) {
        const auto environment = inputs.estate.environments.find(name.value);
        if (environment == inputs.estate.environments.end()) {
            problems.push_back({name.at, fmt::format("environment '{}' is not in the estate", name.value),
                                estate::suggest(name.value, estate::keys_of(inputs.estate.environments))});
            continue;
        }
        add_stage(inputs, release, service->second, environment->second, artifact, plan, problems);
    }
    std::sort(problems.begin(), problems.end());
    problems.erase(std::unique(problems.begin(), problems.end()), problems.end());
    if (estate::has_errors(problems)) return estate::to_error(problems);
    return plan;
}

}  // namespace signalbox::plan
