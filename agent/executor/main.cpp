// SPDX-License-Identifier: Apache-2.0
// signalbox-executor: verifies trust, approval and token by itself, runs steps, signs records. No network
// socket.
#include "agent/executor/app/command_line.hpp"

int main(int argc, char** argv) {
    return signalbox::executor::run_command_line(argc, argv);
}
