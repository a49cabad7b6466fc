// SPDX-License-Identifier: Apache-2.0
// libFuzzer's way into a target (llvm.org/docs/LibFuzzer.html).
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    signalbox::fuzz::one({reinterpret_cast<const char*>(data), size});
    return 0;
}
