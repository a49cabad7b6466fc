// SPDX-License-Identifier: Apache-2.0
// Folders that the users of services may enter (0755), although the executor's own umask keeps everybody out.
// One service's folders are made by one thread at a time.
#pragma once

#include <string>

#include "common/base/result.hpp"

namespace signalbox::actions {

// The folder above must be there. One that is there already keeps its mode: it is the host's keeper's choice.
// Errors: unavailable.
[[nodiscard]] Status make_open_folder(const std::string& path);

// The same for one whose unfinished state nobody minds: not there before, made at once.
[[nodiscard]] Status make_fresh_open_folder(const std::string& path);

}  // namespace signalbox::actions
