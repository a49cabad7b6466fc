// SPDX-License-Identifier: Apache-2.0
// A directory of our own (mode 0700) that is removed with all that is in it.
#pragma once

#include <string>
#include <utility>

#include "common/base/result.hpp"

namespace signalbox::os {

class TempDirectory {
  public:
    // Under `parent`, or under the system's place for temporary files when it is empty.
    [[nodiscard]] static Result<TempDirectory> make(const std::string& parent = {});
    TempDirectory(TempDirectory&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    TempDirectory& operator=(TempDirectory&&) = delete;
    TempDirectory(const TempDirectory&) = delete;
    TempDirectory& operator=(const TempDirectory&) = delete;
    ~TempDirectory();

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

  private:
    explicit TempDirectory(std::string path) : path_(std::move(path)) {}
    std::string path_;
};

}  // namespace signalbox::os
