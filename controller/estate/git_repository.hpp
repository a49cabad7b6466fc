// SPDX-License-Identifier: Apache-2.0
// Reads Git repositories through bare clones in a cache directory: nothing is checked out, no hook and no
// filter runs. The cache can be deleted at any time. The only place that knows libgit2.
//
// Sources: an absolute local path, https://, ssh:// or user@host:path. ssh keys come from the ssh-agent, or
// from the key file; host keys must be in the user's known_hosts, or among those given for the server.
// https certificates are always verified, by the machine's CAs or by the one given for the server; tokens
// come from the credentials file. Redirects are not followed, and a URL holds no password.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "controller/estate/server_trust.hpp"

namespace signalbox::estate {

struct GitOptions {
    std::filesystem::path cache;          // a directory; made when missing
    std::filesystem::path ssh_key;        // a private key without passphrase; empty: the ssh-agent only
    std::filesystem::path credentials{};  // for https, see git_credentials.hpp; may be missing
    std::uint64_t max_fetch_bytes = 1ULL << 30;
    std::chrono::seconds max_fetch_time{120};
};

struct TreeFile {
    enum class Kind { file, executable, link };
    std::string path;  // relative to the folder that was asked for, '/' between names
    Kind kind = Kind::file;
    std::string content;  // of a link: its target
};

struct TreeLimits {
    std::size_t max_files = 5'000;
    std::uint64_t max_file_bytes = 1 << 20;
    std::uint64_t max_total_bytes = 32 << 20;
};

// Errors: invalid_argument, with the forms that are accepted.
[[nodiscard]] Status check_git_url(std::string_view url);

// Thread-safe; one operation at a time. The clock must outlive it.
class GitCache {
  public:
    GitCache(GitOptions options, const Clock& clock);
    ~GitCache();
    GitCache(const GitCache&) = delete;
    GitCache& operator=(const GitCache&) = delete;

    // Fetches, then names the commit (40 hex digits) that a branch, a tag or a commit stands for. A full
    // commit that is in the cache is not fetched again. Errors: invalid_argument (URL), not_found (no such
    // ref, repository), permission_denied (key refused), refused (certificate or host key), unavailable
    // (cannot be reached), resource_exhausted (larger than the cap), deadline_exceeded, data_loss (broken
    // cache). Each names the repository and what to do.
    [[nodiscard]] Result<std::string> resolve(const std::string& url, const std::string& ref);
    // The same, where the URL's server is known by this and nothing else.
    [[nodiscard]] Result<std::string> resolve(const std::string& url, const std::string& ref,
                                              const ServerTrust& trust);
    // From now on the server of this URL is known by this, whichever repository of it is asked for; other
    // servers by what the machine knows. Replaces what was said before.
    void know_server(const std::string& url, const ServerTrust& trust);

    // The files below a folder (empty: the whole tree) of a commit that resolve() gave, sorted by path; only
    // those that `wanted` says yes to are read. Submodules are refused when wanted. Errors: not_found,
    // resource_exhausted, data_loss, invalid_argument.
    using Wanted = std::function<bool(std::string_view path)>;
    [[nodiscard]] Result<std::vector<TreeFile>> read(const std::string& url, const std::string& commit,
                                                     const std::string& folder, const Wanted& wanted,
                                                     const TreeLimits& limits);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace signalbox::estate
