// SPDX-License-Identifier: Apache-2.0
// errno as our errors. Inner to this module.
#pragma once

#include <string_view>

#include "common/base/result.hpp"

namespace signalbox::os {

// "doing 'what': Permission denied". ENOENT -> not_found, EEXIST -> already_exists, EACCES, EPERM, EROFS ->
// permission_denied, ENOSPC, EDQUOT, EMFILE, ENFILE, ENOMEM -> resource_exhausted, the rest -> unavailable.
[[nodiscard]] Error posix_error(int error_number, std::string_view doing, std::string_view what);

}  // namespace signalbox::os
