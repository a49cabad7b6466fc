// SPDX-License-Identifier: Apache-2.0
// Run under valgrind, which is told that the secret is undefined memory: it then reports every branch and
// every address that depends on a bit of it (the method of A. Langley's ctgrind). What it does not report
// takes the same time for every secret, which a stopwatch on a busy machine cannot show. `probe leak` leaks
// on purpose.
#include <valgrind/memcheck.h>

#include <array>
#include <cstring>
#include <string_view>

#include "common/crypto/encoding.hpp"

namespace {

using Secret = std::array<std::uint8_t, 32>;

// As a caller would learn it, and no more.
bool said(bool result) {
    VALGRIND_MAKE_MEM_DEFINED(&result, sizeof result);
    return result;
}

}  // namespace

int main(int argc, char** argv) {
    const bool leak = argc > 1 && std::string_view(argv[1]) == "leak";
    Secret secret{};
    secret.fill(7);
    VALGRIND_MAKE_MEM_UNDEFINED(secret.data(), secret.size());
    int equal = 0;
    for (std::size_t wrong = 0; wrong <= secret.size(); ++wrong) {  // a wrong byte at each place, and none
        Secret given{};
        given.fill(7);
        if (wrong < given.size()) given[wrong] ^= 1;
        const bool same = leak ? std::memcmp(secret.data(), given.data(), given.size()) == 0
                               : signalbox::crypto::constant_time_equal(secret, given);
        if (said(same)) ++equal;
    }
    return equal == 1 ? 0 : 1;
}
