// SPDX-License-Identifier: Apache-2.0
// Named places at which a crash test kills the controller: SIGNALBOX_FAILPOINT=name or name:N (at the Nth
// pass). Compiled in only with -DSIGNALBOX_FAILPOINTS=ON; otherwise it is nothing.
#pragma once

#ifdef SIGNALBOX_FAILPOINTS
#include <csignal>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

namespace signalbox::dispatch {

inline void failpoint(std::string_view name) {
    const char* wanted = std::getenv("SIGNALBOX_FAILPOINT");
    if (wanted == nullptr) return;
    static std::map<std::string, int, std::less<>> passes;  // of a process that is about to be killed
    const int pass = ++passes[std::string(name)];
    const std::string text = wanted;
    const std::size_t colon = text.find(':');
    const int at = colon == std::string::npos ? 1 : std::atoi(text.c_str() + colon + 1);
    if (text.substr(0, colon) == name && pass == at) ::raise(SIGKILL);
}

}  // namespace signalbox::dispatch
#else
#include <string_view>

namespace signalbox::dispatch {
inline void failpoint(std::string_view) {}
}  // namespace signalbox::dispatch
#endif
