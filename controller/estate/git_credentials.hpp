// SPDX-License-Identifier: Apache-2.0
// The user and the password (or token) for an https server, from a file in the format of
// git-credential-store(1): one https://user:token@host[:port] a line. A secret goes to the server of its own
// line and to no other.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace signalbox::estate {

struct GitCredential {
    std::string user;
    std::string password;
};

// The first line for a server as git_server() names it. Stateless. Errors: invalid_argument, with the line's
// number and never its text.
[[nodiscard]] Result<std::optional<GitCredential>> find_credential(std::string_view text,
                                                                   std::string_view server);

// From the file; nothing when there is none. Read at each use, so that a new token needs no restart.
// Errors: permission_denied (others may write it), find_credential's, read_file's.
[[nodiscard]] Result<std::optional<GitCredential>> read_credential(const std::string& path,
                                                                   std::string_view server);

}  // namespace signalbox::estate
