// SPDX-License-Identifier: Apache-2.0
// A file that grows piece by piece until it is whole and gets its final name. One thread at a time.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/os/unique_fd.hpp"

namespace signalbox::os {

class PartialFile {
  public:
    // Opens it for reading and writing, or makes it with mode 0600; a symbolic link is not followed.
    // Errors: permission_denied, not_found (directory), resource_exhausted, unavailable.
    [[nodiscard]] static Result<PartialFile> open(const std::string& path);

    [[nodiscard]] Result<std::uint64_t> size() const;
    // Errors: resource_exhausted (disk full), unavailable. What was written before stays.
    [[nodiscard]] Status write_at(std::uint64_t offset, ByteView bytes);
    [[nodiscard]] Status truncate(std::uint64_t size);

    // Whole: durable under its final name when this returns; replaces a file of that name. Both names must be
    // in one file system.
    [[nodiscard]] Status publish(const std::string& final_path, unsigned mode);

    [[nodiscard]] int fd() const { return fd_.get(); }

  private:
    PartialFile(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
    std::string path_;
    UniqueFd fd_;
};

}  // namespace signalbox::os
