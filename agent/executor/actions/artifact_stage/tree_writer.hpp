// SPDX-License-Identifier: Apache-2.0
// Writes files, folders and links below one folder and nowhere else: every path is walked a component at a
// time, through no link and never up. Errors: the disk's, naming the path.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/result.hpp"
#include "common/os/unique_fd.hpp"

namespace signalbox::actions {

class TreeWriter {
  public:
    // `folder` must exist and be empty.
    [[nodiscard]] static Result<TreeWriter> open(const std::string& folder);

    // Missing parents are made. Mode 0755, also when it is there already.
    [[nodiscard]] Status make_folder(const std::string& path);
    // A new file of exactly this size (holes until written), mode 0755 or 0644.
    [[nodiscard]] Result<os::UniqueFd> make_file(const std::string& path, bool executable, std::int64_t size);
    [[nodiscard]] Status make_link(const std::string& path, const std::string& target);
    // Everything written so far is on the disk.
    [[nodiscard]] Status sync();

  private:
    explicit TreeWriter(os::UniqueFd root) : root_(std::move(root)) {}
    [[nodiscard]] Result<os::UniqueFd> open_parent(const std::string& path);
    os::UniqueFd root_;
};

}  // namespace signalbox::actions
