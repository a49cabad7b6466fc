// SPDX-License-Identifier: Apache-2.0
// Reads an archive's table of contents, and all of its data within caps, before it is accepted: what an agent
// would refuse to unpack is refused at the door, by the same rules. The agent checks again, by itself. Any
// thread.
#pragma once

#include <optional>
#include <string_view>

#include "common/action/archive_rules.hpp"
#include "common/base/result.hpp"

namespace signalbox::artifact {

// "tar", "tar.gz" or "tar.zst". Errors: invalid_argument, naming them.
[[nodiscard]] Status check_format(std::string_view format);

// Reads from the descriptor's start. Without limits: those of a host. Errors: invalid_argument (not this
// format, damaged, or an entry that common/action/archive_rules.hpp refuses, named), resource_exhausted (a
// cap).
[[nodiscard]] Status check_archive(int fd, std::string_view format,
                                   const std::optional<actions::ArchiveLimits>& limits = {});

}  // namespace signalbox::artifact
