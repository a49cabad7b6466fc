// SPDX-License-Identifier: Apache-2.0
// Owners of libgit2's objects, and its errors as ours. Only for the Git adapter's own files.
#pragma once

#include <git2.h>

#include <memory>
#include <string>

#include "common/base/result.hpp"

namespace signalbox::estate {

template <class T, void (*free_it)(T*)>
struct GitFree {
    void operator()(T* object) const { free_it(object); }
};
template <class T, void (*free_it)(T*)>
using GitHandle = std::unique_ptr<T, GitFree<T, free_it>>;

using GitRepository = GitHandle<git_repository, git_repository_free>;
using GitRemote = GitHandle<git_remote, git_remote_free>;
using GitObject = GitHandle<git_object, git_object_free>;
using GitCommit = GitHandle<git_commit, git_commit_free>;
using GitTree = GitHandle<git_tree, git_tree_free>;
using GitTreeEntry = GitHandle<git_tree_entry, git_tree_entry_free>;
using GitBlob = GitHandle<git_blob, git_blob_free>;
using GitReference = GitHandle<git_reference, git_reference_free>;

// One for as long as libgit2 is used; the library counts.
//
// Owner validation is off: it keeps an interactive user from running the configuration and hooks of a
// repository that somebody planted. We run neither, read objects only, and take from a repository of another
// user just what its commits hold; an estate on the same machine usually does belong to a person and not to
// the controller.
class GitLibrary {
  public:
    GitLibrary() {
        git_libgit2_init();
        git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
    }
    ~GitLibrary() { git_libgit2_shutdown(); }
    GitLibrary(const GitLibrary&) = delete;
    GitLibrary& operator=(const GitLibrary&) = delete;
};

// From libgit2's return code and its last error of this thread.
[[nodiscard]] Error git_error_to_error(int code, const std::string& what);

}  // namespace signalbox::estate
