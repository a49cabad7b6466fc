// SPDX-License-Identifier: Apache-2.0
// By what a Git server is known to be itself, where the machine's own CAs and known_hosts are not to decide.
// Verification itself cannot be switched off.
#pragma once

#include <string>
#include <string_view>

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"

namespace signalbox::estate {

struct ServerTrust {
    std::string ca_pem;  // https: only certificates below these; empty: the machine's CAs
    std::string
        known_hosts;  // ssh: only these keys, as ssh-keyscan(1) prints them; empty: the user's known_hosts
    friend bool operator==(const ServerTrust&, const ServerTrust&) = default;
};

// "https://host:port" or "ssh://host:port" of a URL that check_git_url accepts, in lower case and always with
// the port; empty for a local path.
[[nodiscard]] std::string git_server(std::string_view url);

// Whether a key (as ssh sends it) is among those that the text lists for a server as git_server() names it.
// Names are compared as they are: no patterns.
[[nodiscard]] bool knows_host_key(std::string_view known_hosts, std::string_view server, ByteView key);

// Errors: invalid_argument (trust of another kind than the URL's, no certificate or no key in it, hashed
// names, marked lines, too large).
[[nodiscard]] Status check_server_trust(std::string_view url, const ServerTrust& trust);

}  // namespace signalbox::estate
