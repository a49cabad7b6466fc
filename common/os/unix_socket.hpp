// SPDX-License-Identifier: Apache-2.0
// AF_UNIX stream sockets, and who is at the other end. All descriptors are close-on-exec and blocking.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "common/base/result.hpp"
#include "common/os/unique_fd.hpp"

namespace signalbox::os {

// Replaces a socket that nobody listens on (left by a crash). Errors: conflict (somebody listens),
// already_exists (not a socket), invalid_argument (path over 107 bytes), and the directory's.
[[nodiscard]] Result<UniqueFd> listen_unix(const std::string& path, unsigned mode = 0600);
// Waits at most `wait`; nothing when it passed. Errors: unavailable (listener closed), resource_exhausted.
[[nodiscard]] Result<std::optional<UniqueFd>> accept_unix(int listener, std::chrono::milliseconds wait);
// Errors: not_found, unavailable (nobody listens), permission_denied.
[[nodiscard]] Result<UniqueFd> connect_unix(const std::string& path);
[[nodiscard]] Result<std::pair<UniqueFd, UniqueFd>> socket_pair();

// The process that connected (SO_PEERCRED): as of the moment of its connect.
struct PeerCredentials {
    std::int64_t pid = 0;
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
};
[[nodiscard]] Result<PeerCredentials> peer_credentials(int socket);
// The user that this process runs as.
[[nodiscard]] std::uint32_t own_uid();

}  // namespace signalbox::os
