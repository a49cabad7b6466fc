// SPDX-License-Identifier: Apache-2.0
// Unpacks a verified artifact into an empty folder, judging every entry (archive_rules.hpp) before it is
// written. After an error the folder holds rubbish: the caller removes it. Sole includer of libarchive.
#pragma once

#include <functional>
#include <string>

#include "agent/executor/actions/schema/action.hpp"
#include "common/action/archive_rules.hpp"
#include "common/base/result.hpp"
#include "common/os/unique_fd.hpp"

namespace signalbox::actions {

// `go_on` is asked between blocks; false stops. Errors: refused (also: not such an archive),
// resource_exhausted, cancelled, and the disk's.
[[nodiscard]] Status unpack(const os::UniqueFd& archive, ArchiveFormat format, const ArchiveLimits& limits,
                            const std::string& folder, const std::function<bool()>& go_on);

}  // namespace signalbox::actions
