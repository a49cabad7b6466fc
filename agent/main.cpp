// SPDX-License-Identifier: Apache-2.0
#include "agent/app/app.hpp"

int main(int argc, char** argv) {
    return signalbox::agent_app::run(argc, argv);
}
