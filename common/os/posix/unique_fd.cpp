// SPDX-License-Identifier: Apache-2.0
#include "common/os/unique_fd.hpp"

#include <unistd.h>

namespace signalbox::os {

void UniqueFd::reset() {
    // Never again after EINTR: on Linux the descriptor is gone, and its number may be somebody else's.
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

}  // namespace signalbox::os
