// SPDX-License-Identifier: Apache-2.0
// Bytes and descriptors over an AF_UNIX stream (SCM_RIGHTS). The descriptors travel with the first byte.
// Blocking; one thread reads and one writes a socket at a time.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/os/unique_fd.hpp"

namespace signalbox::os {

inline constexpr std::size_t kMaxPassedFds = 64;

// Sends all of `bytes` (at least one). The caller keeps its descriptors; the other side gets duplicates.
// Errors: unavailable (the other side is gone), invalid_argument (no byte, too many descriptors).
[[nodiscard]] Status send_with_fds(int socket, std::string_view bytes, std::span<const int> fds = {});

// Reads at least one byte and at most `into.size()`; 0 at the end of the stream. Descriptors that came are
// appended to `fds`, close-on-exec. Errors: unavailable, data_loss (more descriptors came than fit).
[[nodiscard]] Result<std::size_t> receive_with_fds(int socket, std::span<char> into,
                                                   std::vector<UniqueFd>& fds);

// Ends both directions: whoever waits in a read on either side wakes up with the end of the stream.
void shut_down(int socket);

}  // namespace signalbox::os
