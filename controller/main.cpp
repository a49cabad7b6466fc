// SPDX-License-Identifier: Apache-2.0
// signalboxd, the controller.
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "controller/app/exit_code.hpp"
#include "controller/app/run.hpp"

int main(int argc, char** argv) {
    try {
        return signalbox::app::run(std::vector<std::string>(argv + 1, argv + argc));
    } catch (const std::exception& unexpected) {
        std::fprintf(stderr, "signalboxd: unexpected: %s. This is a bug; please report it.\n",
                     unexpected.what());
        return signalbox::app::kBug;
    }
}
