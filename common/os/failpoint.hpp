// SPDX-License-Identifier: Apache-2.0
// Named places at which a crash test kills this process with SIGKILL: SIGNALBOX_FAILPOINT=name, or name:N for
// its Nth pass. Compiled in only with the CMake option SIGNALBOX_FAILPOINTS; a release build has no such
// code. Any thread may call it.
#pragma once

#include <string_view>

namespace signalbox::os {

#ifdef SIGNALBOX_FAILPOINTS
void failpoint(std::string_view name);
#else
inline void failpoint(std::string_view) {}
#endif

}  // namespace signalbox::os
