// SPDX-License-Identifier: Apache-2.0
// A Git repository on disk, for tests of what reads one. Aborts the test program when libgit2 fails.
#pragma once

#include <git2.h>

#include <cstdlib>
#include <map>
#include <string>

namespace signalbox::support {

struct GitFile {
    std::string content;
    git_filemode_t mode = GIT_FILEMODE_BLOB;
};

class GitFixture {
  public:
    explicit GitFixture(std::string path) : path_(std::move(path)) {
        git_libgit2_init();
        must(git_repository_init(&repository_, path_.c_str(), 1));
    }
    ~GitFixture() {
        git_repository_free(repository_);
        git_libgit2_shutdown();
    }
    GitFixture(const GitFixture&) = delete;
    GitFixture& operator=(const GitFixture&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }

    // Commits exactly these files to a ref; its 40 hex digits. The same files give the same commit.
    std::string commit(const std::map<std::string, GitFile>& files,
                       const std::string& ref = "refs/heads/main") {
        git_index* index = nullptr;
        must(git_index_new(&index));
        for (const auto& [name, file] : files) {
            git_index_entry entry{};
            must(git_blob_create_from_buffer(&entry.id, repository_, file.content.data(),
                                             file.content.size()));
            entry.path = name.c_str();
            entry.mode = file.mode;
            must(git_index_add(index, &entry));
        }
        git_oid tree_id{};
        must(git_index_write_tree_to(&tree_id, index, repository_));
        git_index_free(index);
        git_tree* tree = nullptr;
        must(git_tree_lookup(&tree, repository_, &tree_id));
        git_signature* who = nullptr;
        must(git_signature_new(&who, "Ada", "ada@example.com", 1'700'000'000, 0));
        git_oid commit_id{};
        must(git_commit_create_v(&commit_id, repository_, nullptr, who, who, nullptr, "change", tree, 0));
        git_reference* reference = nullptr;
        must(git_reference_create(&reference, repository_, ref.c_str(), &commit_id, 1, nullptr));
        git_reference_free(reference);
        git_signature_free(who);
        git_tree_free(tree);
        std::string hex(GIT_OID_HEXSZ, '0');
        git_oid_fmt(hex.data(), &commit_id);
        return hex;
    }
    void remove(const std::string& ref) { must(git_reference_remove(repository_, ref.c_str())); }

  private:
    static void must(int code) {
        if (code != 0) std::abort();
    }
    std::string path_;
    git_repository* repository_ = nullptr;
};

}  // namespace signalbox::support
