// SPDX-License-Identifier: Apache-2.0
// Which file an argv[0] means, whom a command runs as, and the only variables it sees. Linux.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"

namespace signalbox::execution {

inline constexpr std::string_view kPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// An absolute path as it is; a bare name from kPath. Errors: not_found, permission_denied (not an executable
// file).
[[nodiscard]] Result<std::string> resolve_program(const std::string& argv0);

struct User {
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;
    std::string home;
    bool switch_to = false;  // false: the executor's own user, nothing to change
};
// Empty: the executor's own. Errors: not_found, permission_denied (only root may become somebody else).
[[nodiscard]] Result<User> find_user(const std::string& name);

// "NAME=value" lines: PATH, HOME, LANG and what is given; nothing of the executor's own environment.
[[nodiscard]] std::vector<std::string> clean_environment(const std::string& home,
                                                         const std::map<std::string, std::string>& extra);

}  // namespace signalbox::execution
