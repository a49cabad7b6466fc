// SPDX-License-Identifier: Apache-2.0
// Which archives are taken: every entry is judged before it is written, and one bad entry refuses the whole
// archive. Kept: plain files, folders, symbolic links that stay inside. Names are portable, so the tree means
// the same on every system. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace signalbox::actions {

enum class EntryType { file, folder, symlink, hardlink, other };

struct Entry {
    std::string path;  // as in the archive
    EntryType type = EntryType::file;
    std::uint32_t mode = 0;  // permission bits, with setuid, setgid, sticky
    std::int64_t size = 0;
    std::string link_target;
};

struct ArchiveLimits {
    std::int64_t max_entries = 200'000;
    std::int64_t max_bytes = 0;  // of all files unpacked
};
// At most 200 times the packed size, but 64 MiB in any case; never over 32 GiB.
[[nodiscard]] ArchiveLimits limits_for(std::int64_t packed_bytes);

class ArchiveRules {
  public:
    explicit ArchiveRules(ArchiveLimits limits) : limits_(limits) {}

    // The entry's normal path inside the release ("" for the root folder itself, to be skipped).
    // Errors: refused (naming the entry and the rule), resource_exhausted (a cap).
    [[nodiscard]] Result<std::string> admit(const Entry& entry);

  private:
    [[nodiscard]] Status check_parents(const std::string& path);

    ArchiveLimits limits_;
    std::int64_t entries_ = 0;
    std::int64_t bytes_ = 0;
    struct Seen {
        EntryType type = EntryType::folder;
        bool listed = false;  // false: a folder that only its content made
    };
    std::map<std::string, Seen, std::less<>> seen_;
};

}  // namespace signalbox::actions
