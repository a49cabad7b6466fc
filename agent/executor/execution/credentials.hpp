// SPDX-License-Identifier: Apache-2.0
// The secrets of one command as files that only its user can read, in a folder that is there while it runs:
// what systemd calls a credentials directory. Nothing of them is in an environment or an argument. The folder
// is the executor's, so that it can be taken away without power over other people's files; it should be in
// memory (/run).
#pragma once

#include <string>

#include "agent/executor/execution/program.hpp"
#include "common/base/result.hpp"
#include "common/secret/secret.hpp"

namespace signalbox::execution {

// The variable that names the folder, as systemd's own services know it.
inline constexpr const char* kCredentialsVariable = "CREDENTIALS_DIRECTORY";

class Credentials {
  public:
    // `folder` must not hold anything that is needed: what a crash left there is removed first. Its parent is
    // made. Errors: unavailable, resource_exhausted.
    [[nodiscard]] static Result<Credentials> make(const std::string& folder, const secret::Values& values,
                                                  const User& user);
    ~Credentials();
    Credentials(Credentials&& other) noexcept : folder_(std::move(other.folder_)) { other.folder_.clear(); }
    Credentials& operator=(Credentials&&) = delete;

    [[nodiscard]] const std::string& folder() const { return folder_; }

  private:
    explicit Credentials(std::string folder) : folder_(std::move(folder)) {}
    std::string folder_;  // empty: moved from
};

// Removes whatever an earlier run left below `root`.
void clear_credentials(const std::string& root);

}  // namespace signalbox::execution
