// SPDX-License-Identifier: Apache-2.0
// The signalbox-agent program: its command line, and what it runs.
#pragma once

namespace signalbox::agent_app {

// The process's exit code: 0 ok, 1 failed, 2 bad usage, 3 refused, 4 not reachable.
[[nodiscard]] int run(int argc, char** argv);

}  // namespace signalbox::agent_app
