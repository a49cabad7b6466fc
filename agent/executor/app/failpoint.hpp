// SPDX-License-Identifier: Apache-2.0
// For crash tests: the process kills itself at a named point when SIGNALBOX_FAILPOINT names it. Compiled in
// only with the CMake option SIGNALBOX_FAILPOINTS; a release build has no such code.
#pragma once

#include <string_view>

#ifdef SIGNALBOX_FAILPOINTS
#include <csignal>
#include <cstdlib>
#endif

namespace signalbox::executor {

inline void failpoint([[maybe_unused]] std::string_view name) {
#ifdef SIGNALBOX_FAILPOINTS
    const char* wanted = std::getenv("SIGNALBOX_FAILPOINT");
    if (wanted != nullptr && name == wanted) std::raise(SIGKILL);
#endif
}

}  // namespace signalbox::executor
