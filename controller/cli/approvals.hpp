// SPDX-License-Identifier: Apache-2.0
// signalbox release approvals: the documents that people sign, and who has signed them so far.
#pragma once

#include <string>

#include "controller/cli/command.hpp"

namespace signalbox::cli {

struct ApprovalsOptions {
    std::string release_id;
};
[[nodiscard]] Result<int> show_approvals(const Context& context, const ApprovalsOptions& options);

}  // namespace signalbox::cli
