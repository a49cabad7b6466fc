// SPDX-License-Identifier: Apache-2.0
// The whole program: from arguments to an exit code.
#pragma once

#include <string>
#include <vector>

#include "controller/cli/context.hpp"

namespace signalbox::cli {

// `arguments` without the program's name. Never throws.
[[nodiscard]] int run(const std::vector<std::string>& arguments, Context& context);

}  // namespace signalbox::cli
