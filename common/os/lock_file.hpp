// SPDX-License-Identifier: Apache-2.0
// Makes sure that one process at a time uses a directory. The kernel lets go when the process ends, however
// it ends; the file itself stays.
#pragma once

#include <string>

#include "common/base/result.hpp"
#include "common/os/unique_fd.hpp"

namespace signalbox::os {

class LockFile {
  public:
    // Does not wait. Errors: conflict (held; names the holder's process id), and the file's.
    [[nodiscard]] static Result<LockFile> acquire(const std::string& path);

  private:
    explicit LockFile(UniqueFd fd) : fd_(std::move(fd)) {}
    UniqueFd fd_;
};

}  // namespace signalbox::os
