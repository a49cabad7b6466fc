// SPDX-License-Identifier: Apache-2.0
#include "controller/estate/git_repository.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "common/crypto/digest.hpp"
#include "controller/estate/git_fetch.hpp"
#include "controller/estate/git_handle.hpp"

namespace signalbox::estate {
namespace {

bool is_full_commit(std::string_view text) {
    const auto hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    return text.size() == 40 && std::all_of(text.begin(), text.end(), hex);
}

std::string oid_text(const git_oid& oid) {
    std::string out(GIT_OID_HEXSZ, '0');
    git_oid_fmt(out.data(), &oid);
    return out;
}

// The commit that a revision names, or nullptr.
GitObject find_commit(git_repository& repository, const std::string& revision) {
    git_object* raw = nullptr;
    if (git_revparse_single(&raw, &repository, revision.c_str()) != 0) return nullptr;
    const GitObject object(raw);
    git_object* peeled = nullptr;
    if (git_object_peel(&peeled, object.get(), GIT_OBJECT_COMMIT) != 0) return nullptr;
    return GitObject(peeled);
}

struct Walk {
    const GitCache::Wanted& wanted;
    const TreeLimits& limits;
    git_repository& repository;
    std::vector<TreeFile> files;
    std::uint64_t total = 0;
    std::optional<Error> error;
};

Status take(Walk& walk, const std::string& path, const git_tree_entry& entry) {
    const git_filemode_t mode = git_tree_entry_filemode(&entry);
    if (mode == GIT_FILEMODE_COMMIT) {
        return Error{Code::invalid_argument,
                     fmt::format("'{}' is a submodule, and submodules are not read", path),
                     "Put its files into the repository itself"};
    }
    git_blob* raw = nullptr;
    if (const int code = git_blob_lookup(&raw, &walk.repository, git_tree_entry_id(&entry)); code != 0) {
        return git_error_to_error(code, fmt::format("reading '{}'", path));
    }
    const GitBlob blob(raw);
    const auto size = static_cast<std::uint64_t>(git_blob_rawsize(blob.get()));
    walk.total += size;
    if (size > walk.limits.max_file_bytes || walk.total > walk.limits.max_total_bytes ||
        walk.files.size() == walk.limits.max_files) {
        return Error{
            Code::resource_exhausted,
            fmt::format("at '{}' the tree passes what is read: {} files, {} KiB each, {} MiB together", path,
                        walk.limits.max_files, walk.limits.max_file_bytes >> 10,
                        walk.limits.max_total_bytes >> 20),
            "Split it, or push it as an archive with 'signalbox artifact push'"};
    }
    const auto* bytes = static_cast<const char*>(git_blob_rawcontent(blob.get()));
    TreeFile file{path, TreeFile::Kind::file, std::string(bytes == nullptr ? "" : bytes, size)};
    if (mode == GIT_FILEMODE_BLOB_EXECUTABLE) file.kind = TreeFile::Kind::executable;
    if (mode == GIT_FILEMODE_LINK) file.kind = TreeFile::Kind::link;
    walk.files.push_back(std::move(file));
    return {};
}

int on_entry(const char* root, const git_tree_entry* entry, void* payload) {
    auto& walk = *static_cast<Walk*>(payload);
    if (git_tree_entry_type(entry) == GIT_OBJECT_TREE) return 0;
    const std::string path = std::string(root) + git_tree_entry_name(entry);
    if (!walk.wanted(path)) return 0;
    if (auto status = take(walk, path, *entry); !status) {
        walk.error = std::move(status).error();
        return GIT_EUSER;
    }
    return 0;
}

}  // namespace

struct GitCache::State {
    GitOptions options;
    const Clock& clock;
    GitLibrary library;
    std::mutex mutex;        // of the copies; held for a whole fetch
    std::mutex trust_mutex;  // of what follows
    std::string known_server;
    ServerTrust known_by;

    [[nodiscard]] std::filesystem::path place(const std::string& url) const {
        return options.cache / (crypto::sha256(url).hex().substr(0, 32) + ".git");
    }

    // Made when missing.
    Result<GitRepository> open(const std::string& url) {
        std::error_code failure;
        std::filesystem::create_directories(options.cache, failure);
        const std::string path = place(url).string();
        git_repository* raw = nullptr;
        const bool there = std::filesystem::exists(path, failure);
        const int code =
            there ? git_repository_open_bare(&raw, path.c_str()) : git_repository_init(&raw, path.c_str(), 1);
        if (code == 0) return GitRepository(raw);
        Error error = git_error_to_error(code, fmt::format("opening the cache '{}'", path));
        if (!there) return error;
        return Error{Code::data_loss, error.message(),
                     fmt::format("Remove '{}': it is a copy, and is fetched again", path)};
    }
};

GitCache::GitCache(GitOptions options, const Clock& clock)
    : state_(new State{std::move(options), clock, {}, {}, {}, {}, {}}) {}
GitCache::~GitCache() = default;

void GitCache::know_server(const std::string& url, const ServerTrust& trust) {
    const std::lock_guard lock(state_->trust_mutex);
    state_->known_server = git_server(url);
    state_->known_by = trust;
}

Result<std::string> GitCache::resolve(const std::string& url, const std::string& ref) {
    SB_CHECK(check_git_url(url));
    ServerTrust trust;
    {
        const std::lock_guard lock(state_->trust_mutex);
        if (git_server(url) == state_->known_server) trust = state_->known_by;
    }
    return resolve(url, ref, trust);
}

Result<std::string> GitCache::resolve(const std::string& url, const std::string& ref,
                                      const ServerTrust& trust) {
    SB_CHECK(check_git_url(url));
    if (ref.empty() || ref.size() > 200 || ref.front() == '-' ||
        ref.find_first_of(" ~^:?*[\\@{") != std::string::npos) {
        return Error{Code::invalid_argument, fmt::format("'{:.80}' is not a branch, tag or commit", ref),
                     "Give the name of a branch or a tag, or a full commit"};
    }
    const std::lock_guard lock(state_->mutex);
    SB_TRY(const GitRepository repository, state_->open(url));
    if (is_full_commit(ref)) {
        if (const auto commit = find_commit(*repository, ref)) return oid_text(*git_object_id(commit.get()));
    }
    SB_CHECK(git_fetch(*repository, url, trust, state_->options, state_->clock));
    std::vector<std::string> places{"refs/remotes/origin/" + ref, "refs/tags/" + ref};
    if (is_full_commit(ref)) places = {ref};
    if (ref.starts_with("refs/heads/")) places = {"refs/remotes/origin/" + ref.substr(11)};
    if (ref.starts_with("refs/tags/")) places = {ref};
    for (const auto& place : places) {
        if (const auto commit = find_commit(*repository, place))
            return oid_text(*git_object_id(commit.get()));
    }
    return Error{Code::not_found, fmt::format("'{}' has no branch, tag or commit '{}'", url, ref),
                 "Push it there, or name another: signalbox estate set URL --ref REF"};
}

Result<std::vector<TreeFile>> GitCache::read(const std::string& url, const std::string& commit,
                                             const std::string& folder, const Wanted& wanted,
                                             const TreeLimits& limits) {
    const std::lock_guard lock(state_->mutex);
    SB_TRY(const GitRepository repository, state_->open(url));
    const auto object = is_full_commit(commit) ? find_commit(*repository, commit) : nullptr;
    if (object == nullptr) {
        return Error{Code::not_found, fmt::format("'{}' has no commit '{:.60}'", url, commit),
                     "Give the 40 hex digits of a commit that is in one of its branches or tags"};
    }
    git_tree* raw = nullptr;
    const std::string where = fmt::format("reading '{}' of '{}' at {:.12}", folder, url, commit);
    int code = git_commit_tree(&raw, reinterpret_cast<git_commit*>(object.get()));
    if (code != 0) return git_error_to_error(code, where);
    GitTree tree(raw);
    if (!folder.empty()) {
        git_tree_entry* entry = nullptr;
        code = git_tree_entry_bypath(&entry, tree.get(), folder.c_str());
        const GitTreeEntry owned(entry);
        git_object* inner = nullptr;
        if (code == 0) code = git_tree_entry_to_object(&inner, repository.get(), entry);
        if (code != 0) return git_error_to_error(code, where);
        GitObject held(inner);
        if (git_object_type(inner) != GIT_OBJECT_TREE) {
            return Error{Code::invalid_argument, where + ": it is a file", "Name the folder that holds it"};
        }
        tree.reset(reinterpret_cast<git_tree*>(held.release()));
    }
    Walk walk{wanted, limits, *repository, {}, 0, std::nullopt};
    code = git_tree_walk(tree.get(), GIT_TREEWALK_PRE, on_entry, &walk);
    if (walk.error) return std::move(*walk.error).with_context(where);
    if (code != 0) return git_error_to_error(code, where);
    std::sort(walk.files.begin(), walk.files.end(),
              [](const auto& a, const auto& b) { return a.path < b.path; });
    return std::move(walk.files);
}

}  // namespace signalbox::estate
