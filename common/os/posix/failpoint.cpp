// SPDX-License-Identifier: Apache-2.0
#include "common/os/failpoint.hpp"

#ifdef SIGNALBOX_FAILPOINTS
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>

namespace signalbox::os {

void failpoint(std::string_view name) {
    const char* wanted = std::getenv("SIGNALBOX_FAILPOINT");
    if (wanted == nullptr) return;
    const std::string_view text = wanted;
    const auto colon = text.find(':');
    if (text.substr(0, colon) != name) return;
    static std::atomic<int> passes = 0;  // one name is wanted in the life of a process
    const int at = colon == std::string_view::npos ? 1 : std::atoi(wanted + colon + 1);
    if (++passes == at) std::raise(SIGKILL);
}

}  // namespace signalbox::os
#endif
