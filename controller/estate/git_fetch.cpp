// SPDX-License-Identifier: Apache-2.0
#include "controller/estate/git_fetch.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <optional>

#include "common/crypto/digest.hpp"
#include "common/crypto/encoding.hpp"
#include "common/os/file.hpp"
#include "controller/estate/git_credentials.hpp"

namespace signalbox::estate {
namespace {

// Debian's, of the package ca-certificates.
constexpr const char* kMachineCas = "/etc/ssl/certs/ca-certificates.crt";

// What the callbacks see; lives on the stack of git_fetch.
struct Progress {
    const ServerTrust& trust;
    const GitOptions& options;
    const Clock& clock;
    Duration deadline;
    std::string server;
    int asked = 0;  // for credentials
    bool password_wanted = false;
    bool key_wanted = false;
    bool key_file_used = false;
    bool secret_sent = false;
    std::optional<Error> secret_error{};  // the file of credentials is wrong
    std::string shown_key{};              // the fingerprint of a host key that is not known
    bool too_large = false;
    bool too_slow = false;
};

int on_transfer(const git_indexer_progress* progress, void* payload) {
    auto& at = *static_cast<Progress*>(payload);
    at.too_large = progress->received_bytes > at.options.max_fetch_bytes;
    at.too_slow = at.clock.boot() > at.deadline;
    return at.too_large || at.too_slow ? GIT_EUSER : 0;
}

// Pinned host keys decide alone. Otherwise never says yes: the library's own verdict, by the user's
// known_hosts or by the CAs, stands. Notes what an unknown server showed.
int on_certificate(git_cert* shown, int valid, const char*, void* payload) {
    auto& at = *static_cast<Progress*>(payload);
    if (shown->cert_type != GIT_CERT_HOSTKEY_LIBSSH2) return GIT_PASSTHROUGH;
    const auto* key = reinterpret_cast<const git_cert_hostkey*>(shown);
    const bool pinned = !at.trust.known_hosts.empty();
    const bool raw = (key->type & GIT_CERT_SSH_RAW) != 0;
    const ByteView blob(reinterpret_cast<const std::uint8_t*>(key->hostkey), raw ? key->hostkey_len : 0);
    if (pinned && raw && knows_host_key(at.trust.known_hosts, at.server, blob)) return 0;
    if (!pinned && valid != 0) return GIT_PASSTHROUGH;
    at.shown_key = "SHA256:" + crypto::to_base64(crypto::sha256(blob).view());
    at.shown_key.erase(at.shown_key.find('='));  // as ssh-keygen prints it
    return GIT_ECERTIFICATE;
}

int on_sideband(const char*, int, void* payload) {
    auto& at = *static_cast<Progress*>(payload);
    at.too_slow = at.clock.boot() > at.deadline;
    return at.too_slow ? GIT_EUSER : 0;
}

// Once: the server would refuse the same secret again.
int token(git_credential** out, Progress& at) {
    if (at.secret_sent) return GIT_EAUTH;
    auto found = read_credential(at.options.credentials, at.server);
    if (!found) {
        at.secret_error = std::move(found).error();
        return GIT_EAUTH;
    }
    if (!*found) return GIT_EAUTH;
    at.secret_sent = true;
    return git_credential_userpass_plaintext_new(out, (*found)->user.c_str(), (*found)->password.c_str());
}

// An agent that cannot be asked is an error to the library, and no reason to go on to the next key.
bool agent_is_there() {
    const char* socket = std::getenv("SSH_AUTH_SOCK");
    std::error_code failure;
    return socket != nullptr && std::filesystem::is_socket(socket, failure);
}

// The library asks again after each refusal: first the key file, then the agent, then no more.
int on_credentials(git_credential** out, const char*, const char* user, unsigned int allowed, void* payload) {
    auto& at = *static_cast<Progress*>(payload);
    const char* name = user == nullptr ? "git" : user;
    if ((allowed & GIT_CREDENTIAL_USERNAME) != 0) return git_credential_username_new(out, name);
    if ((allowed & GIT_CREDENTIAL_SSH_KEY) == 0) {
        const bool password = (allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT) != 0;
        at.password_wanted = password;
        return password && at.server.starts_with("https://") ? token(out, at) : GIT_EAUTH;
    }
    at.key_wanted = true;
    std::error_code failure;
    if (++at.asked == 1 && std::filesystem::exists(at.options.ssh_key, failure)) {
        at.key_file_used = true;
        return git_credential_ssh_key_new(out, name, nullptr, at.options.ssh_key.c_str(), nullptr);
    }
    if (at.asked <= 2 && agent_is_there()) {
        at.asked = 2;
        return git_credential_ssh_key_from_agent(out, name);
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
    if (at.secret_error) return Error(*at.secret_error).with_context(what);
    const std::string file = at.options.credentials.string();
    if (at.password_wanted && at.secret_sent) {
        return {
            Code::permission_denied,
            fmt::format("{}: the server refuses the user and the token that '{}' holds for it", what, file),
            "Give it a token that is valid and may read this repository"};
    }
    if (at.password_wanted) {
        return {Code::permission_denied, fmt::format("{}: the server asks for a user and a token", what),
                at.server.starts_with("ssh://")
                    ? "The server takes no keys; let it take one, passwords are not sent over ssh"
                    : fmt::format("Write a line https://USER:TOKEN@{} into '{}' on the controller's machine, "
                                  "mode 0600",
                                  at.server.substr(8), file)};
    }
    if (!at.shown_key.empty()) {
        return {Code::refused,
                fmt::format("{}: {} shows a host key that is not known for it, {}", what, at.server.substr(6),
                            at.shown_key),
                "Compare it with the server's own (ssh-keygen -lf there); when it is right, give what "
                "ssh-keyscan "
                "prints: signalbox estate set URL --known-hosts FILE"};
    }
    if (at.key_wanted && code == GIT_EAUTH) {
        return {Code::permission_denied,
                fmt::format("{}: the server takes none of the controller's keys", what),
                fmt::format("Let the server take a key of the controller's ssh-agent, or the one in '{}'",
                            at.options.ssh_key.string())};
    }
    Error why = git_error_to_error(code, what);
    if (at.key_file_used && why.message().find("uthenticat") != std::string::npos) {
        return {Code::permission_denied, why.message(),
                fmt::format("Put a private key without passphrase into '{}': ssh-keygen -t ed25519 -N ''",
                            at.options.ssh_key.string())};
    }
    if (url.starts_with('/') && no_repository(url)) {
        return {Code::not_found, fmt::format("{}: there is no Git repository", what),
                "Name the path of a Git repository that the controller's user may read"};
    }
    return why;
}

// Which CAs the library trusts is a setting of the process; the caller lets one fetch run at a time.
Status set_ca(const ServerTrust& trust, const GitOptions& options) {
    std::string file = kMachineCas;
    if (!trust.ca_pem.empty()) {
        file = (options.cache / "server-ca.pem").string();
        SB_CHECK(os::write_file_atomically(file, trust.ca_pem));
    }
    const int code = git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, file.c_str(), nullptr);
    if (code == 0) return {};
    // What was trusted before must not decide: the caller fetches nothing.
    return Error{Code::refused, git_error_to_error(code, fmt::format("trusting '{}'", file)).message(),
                 trust.ca_pem.empty()
                     ? "Install the package ca-certificates, or give the server's CA: signalbox "
                       "estate set URL --ca-file FILE"
                     : "Give a CA file that holds certificates in PEM and nothing else"};
}

}  // namespace

Status git_fetch(git_repository& repository, const std::string& url, const ServerTrust& trust,
                 const GitOptions& options, const Clock& clock) {
    git_remote* raw = nullptr;
    // The remote is written to the cache's configuration so that pruning knows what it may remove.
    if (git_remote_lookup(&raw, &repository, "origin") != 0 &&
        git_remote_create_with_fetchspec(&raw, &repository, "origin", url.c_str(),
                                         "+refs/heads/*:refs/remotes/origin/*") != 0) {
        return git_error_to_error(-1, fmt::format("preparing to fetch '{}'", url));
    }
    const GitRemote remote(raw);

    Progress progress{trust, options, clock, clock.boot() + options.max_fetch_time, git_server(url)};
    if (progress.server.starts_with("https://")) SB_CHECK(set_ca(trust, options));
    git_fetch_options fetch{};
    git_fetch_options_init(&fetch, GIT_FETCH_OPTIONS_VERSION);
    fetch.prune = GIT_FETCH_PRUNE;
    fetch.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
    fetch.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
    fetch.callbacks.transfer_progress = on_transfer;
    fetch.callbacks.sideband_progress = on_sideband;
    fetch.callbacks.certificate_check = on_certificate;
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
