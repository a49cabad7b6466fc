// SPDX-License-Identifier: Apache-2.0
// Reads an archive's table of contents, and all of its data within caps, before it is accepted: what an agent
// would refuse to unpack is refused at the door. The agent checks again, by itself. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace signalbox::artifact {

struct ArchiveLimits {
    std::uint64_t max_entries = 200'000;
    std::uint64_t max_unpacked_bytes = 16ULL << 30;
    // Unpacked to packed, once more than 64 MiB are unpacked.
    std::uint64_t max_ratio = 200;
};

struct ArchiveSummary {
    std::uint64_t entries = 0;
    std::uint64_t unpacked_bytes = 0;
};

// "tar", "tar.gz" or "tar.zst". Errors: invalid_argument, naming them.
[[nodiscard]] Status check_format(std::string_view format);

// Why an entry of this path must not be unpacked, or empty.
[[nodiscard]] std::string path_problem(std::string_view path);

// Reads from the descriptor's start. Errors: invalid_argument (not this format, damaged, an entry that leaves
// the target folder, a device, a set-user-id file, a path twice …; names the entry), resource_exhausted (a
// cap).
[[nodiscard]] Result<ArchiveSummary> check_archive(int fd, std::string_view format,
                                                   const ArchiveLimits& limits = {});

}  // namespace signalbox::artifact
