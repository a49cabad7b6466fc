// SPDX-License-Identifier: Apache-2.0
#include "controller/estate/git_fetch.hpp"

#include <fmt/format.h>

#include <array>

namespace signalbox::estate {
namespace {

// What the callbacks see; lives on the stack of git_fetch.
struct Progress {
    const GitOptions& options;
    const Clock& clock;
    Duration deadline;
    int asked = 0;  // for credentials
    bool password_wanted = false;
    bool too_large = false;
    bool too_slow = false;
};

int on_transfer(const git_indexer_progress* progress, void* payload) {
    auto& at = *static_cast<Progress*>(payload);
    at.too_large = progress->received_bytes > at.options.max_fetch_bytes;
    at.too_slow = at.clock.boot() > at.deadline;
    return at.too_large || at.too_slow ? GIT_EUSER : 0;
}

int on_sideband(const char*, int, void* payload) {
    auto& at = *static_cast<Progress*>(payload);
    at.too_slow = at.clock.boot() > at.deadline;
    return at.too_slow ? GIT_EUSER : 0;
}

// The library asks again after each refusal: first the agent, then the key file, then no more.
int on_credentials(git_credential** out, const char*, const char* user, unsigned int allowed, void* payload) {
    auto& at = *static_cast<Progress*>(payload);
    const char* name = user == nullptr ? "git" : user;
    if ((allowed & GIT_CREDENTIAL_SSH_KEY) == 0) {
        if ((allowed & GIT_CREDENTIAL_USERNAME) != 0) return git_credential_username_new(out, name);
        at.password_wanted = (allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT) != 0;
        return GIT_EAUTH;
    }
    ++at.asked;
    if (at.asked == 1 && git_credential_ssh_key_from_agent(out, name) == 0) return 0;
    if (at.asked <= 2 && !at.options.ssh_key.empty() && std::filesystem::exists(at.options.ssh_key)) {
        at.asked = 2;
        return git_credential_ssh_key_new(out, name, nullptr, at.options.ssh_key.c_str(), nullptr);
    }
    return GIT_EAUTH;
}

bool no_repository(const std::string& path) {
    return git_repository_open_ext(nullptr, path.c_str(), GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr) ==
           GIT_ENOTFOUND;
}

Error explain(int code, const Progress& at, const std::string& url) {
    const std::string what = fmt::format("fetching '{}'", url);
    if (at.too_large) {
        return {Code::resource_exhausted,
                fmt::format("{}: more than {} MiB came", what, at.options.max_fetch_bytes >> 20),
                "Keep large files out of the repository; push them with 'signalbox artifact push'"};
    }
    if (at.too_slow) {
        return {Code::deadline_exceeded,
                fmt::format("{}: not done after {} s", what, at.options.max_fetch_time.count()),
                "Try again, or use a nearer copy of the repository"};
    }
    if (at.password_wanted) {
        return {Code::permission_denied, fmt::format("{}: the server asks for a password", what),
                "Use an ssh URL with a deploy key; passwords for https are not kept"};
    }
    Error why = git_error_to_error(code, what);
    if (url.starts_with('/') && no_repository(url)) {
        return {Code::not_found, fmt::format("{}: there is no Git repository", what),
                "Name the path of a Git repository that the controller's user may read"};
    }
    return why;
}

}  // namespace

Status git_fetch(git_repository& repository, const std::string& url, const GitOptions& options,
                 const Clock& clock) {
    git_remote* raw = nullptr;
    // The remote is written to the cache's configuration so that pruning knows what it may remove.
    if (git_remote_lookup(&raw, &repository, "origin") != 0 &&
        git_remote_create_with_fetchspec(&raw, &repository, "origin", url.c_str(),
                                         "+refs/heads/*:refs/remotes/origin/*") != 0) {
        return git_error_to_error(-1, fmt::format("preparing to fetch '{}'", url));
    }
    const GitRemote remote(raw);

    Progress progress{options, clock, clock.boot() + options.max_fetch_time};
    git_fetch_options fetch{};
    git_fetch_options_init(&fetch, GIT_FETCH_OPTIONS_VERSION);
    fetch.prune = GIT_FETCH_PRUNE;
    fetch.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
    fetch.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
    fetch.callbacks.transfer_progress = on_transfer;
    fetch.callbacks.sideband_progress = on_sideband;
    fetch.callbacks.credentials = on_credentials;
    fetch.callbacks.payload = &progress;

    std::string heads = "+refs/heads/*:refs/remotes/origin/*";
    std::string tags = "+refs/tags/*:refs/tags/*";
    std::array<char*, 2> texts{heads.data(), tags.data()};
    const git_strarray refspecs{texts.data(), texts.size()};
    const int code = git_remote_fetch(remote.get(), &refspecs, &fetch, nullptr);
    if (code != 0) return explain(code, progress, url);
    return {};
}

}  // namespace signalbox::estate
