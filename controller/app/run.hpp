// SPDX-License-Identifier: Apache-2.0
// signalboxd from its arguments to its exit code.
#pragma once

#include <string>
#include <vector>

namespace signalbox::app {

// Blocks SIGTERM and SIGINT for the whole process: call it before any thread is made.
[[nodiscard]] int run(const std::vector<std::string>& arguments);

}  // namespace signalbox::app
