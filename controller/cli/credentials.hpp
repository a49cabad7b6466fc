// SPDX-License-Identifier: Apache-2.0
// The credentials file: which controller, which CA to believe, and the key to show it.
// {"url":"https://host:port","ca_pem":"…","api_key":"sbk_…"}, mode 0600.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace signalbox::cli {

struct Credentials {
    std::string url;  // https://host:port, without a trailing slash
    std::string ca_pem;
    std::string api_key;
};

[[nodiscard]] bool is_controller_url(std::string_view url);  // https://host[:port]…
// Errors: invalid_argument, naming the member.
[[nodiscard]] Result<Credentials> parse_credentials(std::string_view text);
[[nodiscard]] std::string serialize(const Credentials& credentials);
// Errors: not_found (the remedy says how to get one), permission_denied (others may read it),
// invalid_argument.
[[nodiscard]] Result<Credentials> load_credentials(const std::string& path);

}  // namespace signalbox::cli
