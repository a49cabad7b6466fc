// SPDX-License-Identifier: Apache-2.0
#include "controller/estate/estate_service.hpp"

#include <utility>

#include "common/base/utf8.hpp"
#include "common/crypto/digest.hpp"
#include "common/json/json.hpp"
#include "controller/estate/document.hpp"

namespace signalbox::estate {
namespace {

Result<std::shared_ptr<const Snapshot>> read(GitCache& git, const Source& source) {
    auto out = std::make_shared<Snapshot>();
    SB_TRY(out->commit, git.resolve(source.url, source.ref));
    const TreeLimits limits{kMaxFiles, kMaxFileBytes, kMaxTotalBytes};
    SB_TRY(auto tree, git.read(source.url, out->commit, "", is_estate_file, limits));
    std::vector<SourceFile> files;
    Problems links;
    for (auto& file : tree) {
        if (file.kind == TreeFile::Kind::link) {
            links.push_back({{file.path, 0, 0},
                             "the file is a symbolic link, and links are not followed",
                             "Put the file itself here"});
            continue;
        }
        files.push_back({std::move(file.path), std::move(file.content)});
    }
    Loaded loaded = load(files, std::move(links));
    out->estate = std::move(loaded.estate);
    out->problems = std::move(loaded.problems);
    return std::shared_ptr<const Snapshot>(std::move(out));
}

Error no_source() {
    return {Code::failed_precondition, "no estate repository is set",
            "Set one: signalbox estate set URL --ref main"};
}

// What the ledger keeps: by what the server is known belongs to it.
json::Json told(const Source& source, const std::string& commit, const std::string& who) {
    json::Json out{{"url", source.url}, {"ref", source.ref}, {"commit", commit}, {"by", who}};
    if (!source.trust.ca_pem.empty()) out["ca_sha256"] = crypto::sha256(source.trust.ca_pem).hex();
    if (!source.trust.known_hosts.empty()) {
        out["known_hosts_sha256"] = crypto::sha256(source.trust.known_hosts).hex();
    }
    return out;
}

}  // namespace

Status EstateService::open() {
    SB_TRY(const auto source, parts_.store.load());
    if (source) parts_.git.know_server(source->url, source->trust);
    return {};
}

Result<std::optional<Source>> EstateService::source() const {
    return parts_.store.load();
}

void EstateService::snapshot(const std::string& ref, SnapshotReply reply) {
    auto source = parts_.store.load();
    if (!source) return reply(std::move(source).error());
    if (!source->has_value()) return reply(no_source());
    Source wanted = **source;
    if (!ref.empty()) wanted.ref = ref;
    parts_.side.post([this, wanted, reply = std::move(reply)] {
        // Held by a pointer, because a task must be copyable.
        auto outcome = std::make_shared<Result<std::shared_ptr<const Snapshot>>>(read(parts_.git, wanted));
        parts_.domain.post([outcome, reply] { reply(std::move(*outcome)); });
    });
}

void EstateService::set_source(const access::Caller& caller, const v1::SetEstateSourceRequest& request,
                               std::function<void(Result<v1::SetEstateSourceResponse>)> reply) {
    const Source source{request.url(),
                        request.ref().empty() ? "main" : request.ref(),
                        {request.ca_pem(), request.known_hosts()}};
    if (auto url = check_git_url(source.url); !url) return reply(std::move(url).error());
    if (auto trust = check_server_trust(source.url, source.trust); !trust)
        return reply(std::move(trust).error());
    parts_.side.post([this, source, who = caller.name, reply = std::move(reply)] {
        // It must be reachable and readable now, so that a slip is seen here and not at the next release.
        auto commit =
            std::make_shared<Result<std::string>>(parts_.git.resolve(source.url, source.ref, source.trust));
        parts_.domain.post([this, source, who, commit, reply] {
            if (!*commit) return reply(std::move(*commit).error());
            const auto entry =
                parts_.sealer.decision("estate_source_set", told(source, **commit, who), parts_.clock.now());
            if (auto saved = parts_.store.save(source, entry); !saved) return reply(std::move(saved).error());
            parts_.git.know_server(source.url, source.trust);
            v1::SetEstateSourceResponse response;
            response.set_commit(**commit);
            reply(std::move(response));
        });
    });
}

void EstateService::check(const access::Caller&, const v1::CheckEstateRequest& request,
                          std::function<void(Result<v1::CheckEstateResponse>)> reply) {
    snapshot(request.ref(), [reply = std::move(reply)](Result<std::shared_ptr<const Snapshot>> outcome) {
        if (!outcome) return reply(std::move(outcome).error());
        const Snapshot& snapshot = **outcome;
        v1::CheckEstateResponse response;
        response.set_commit(snapshot.commit);
        for (const auto& problem : snapshot.problems) *response.add_problems() = to_message(problem);
        response.set_environments(static_cast<std::uint32_t>(snapshot.estate.environments.size()));
        for (const auto& [name, environment] : snapshot.estate.environments)
            response.add_environment_names(name);
        response.set_services(static_cast<std::uint32_t>(snapshot.estate.services.size()));
        response.set_releases(static_cast<std::uint32_t>(snapshot.estate.releases.size()));
        reply(std::move(response));
    });
}

v1::EstateProblem to_message(const Problem& problem) {
    v1::EstateProblem out;
    // Names and texts of the repository are any bytes.
    out.set_file(as_utf8(problem.at.file));
    out.set_line(static_cast<std::uint32_t>(problem.at.line));
    out.set_column(static_cast<std::uint32_t>(problem.at.column));
    out.set_message(as_utf8(problem.message));
    out.set_remedy(as_utf8(problem.remedy));
    out.set_warning(problem.warning);
    return out;
}

}  // namespace signalbox::estate
