// SPDX-License-Identifier: Apache-2.0
// signalbox-executor's arguments and exit codes: 0 ok, 1 failed, 2 bad usage or input, 3 refused, 4 not
// reachable.
#pragma once

namespace signalbox::executor {

[[nodiscard]] int run_command_line(int argc, char** argv);

}  // namespace signalbox::executor
