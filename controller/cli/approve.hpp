// SPDX-License-Identifier: Apache-2.0
// signalbox release approve: fetch, check, show, ask, sign, send.
#pragma once

#include <string>

#include "controller/cli/command.hpp"

namespace signalbox::cli {

struct ApproveOptions {
    std::string release_id;
    std::string environment;  // empty: every one for which the key may approve
    KeyOptions key;
    bool yes = false;
    bool show = false;  // print what would be signed, and sign nothing; the key may be absent then
};
[[nodiscard]] Result<int> approve_release(const Context& context, const ApproveOptions& options);

}  // namespace signalbox::cli
