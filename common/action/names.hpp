// SPDX-License-Identifier: Apache-2.0
// Which texts may become a folder, an argument, a variable or part of a runtime command. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"

namespace signalbox::actions {

// A folder's name: [A-Za-z0-9][A-Za-z0-9._-]{0,62}.
[[nodiscard]] bool is_service_name(std::string_view text);
// HAProxy's own characters for a backend or server: [A-Za-z0-9_.:-]{1,64}. No space, ';' or newline gets
// through.
[[nodiscard]] bool is_haproxy_name(std::string_view text);
// What a server or upstream may be called where the name becomes an argument or a part of a configuration:
// [A-Za-z0-9_][A-Za-z0-9_.-]{0,63}.
[[nodiscard]] bool is_server_name(std::string_view text);
// A host name, an IPv4 address or an IPv6 address in brackets, ':', and a port from 1 to 65535.
[[nodiscard]] bool is_host_port(std::string_view text);
// [a-z_][a-z0-9_-]{0,31}
[[nodiscard]] bool is_user_name(std::string_view text);
// [A-Z_][A-Z0-9_]{0,63}, and none that changes how programs load or run code (LD_*, PATH, BASH_ENV, …);
// besides http_proxy, https_proxy and no_proxy, which some programs know in lower case only.
[[nodiscard]] bool is_env_name(std::string_view text);
inline constexpr std::size_t kMaxEnv = 64;  // variables of one command
// No NUL; argv[0] not empty and not an option; at most 256 arguments, 128 KiB in all.
[[nodiscard]] Status check_argv(const std::vector<std::string>& argv);
// http:// or https://, a host, no white space or control character, no user name.
[[nodiscard]] bool is_probe_url(std::string_view text);

}  // namespace signalbox::actions
