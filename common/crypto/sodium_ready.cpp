// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/sodium_ready.hpp"

#include <sodium.h>

#include <cstdio>
#include <exception>

namespace signalbox::crypto {

void require_sodium() {
    static const bool ready = sodium_init() >= 0;
    if (!ready) {
        std::fputs("signalbox: libsodium could not start: no source of random numbers\n", stderr);
        std::terminate();
    }
}

}  // namespace signalbox::crypto
