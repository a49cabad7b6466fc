// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/random.hpp"

#include <sodium.h>

#include "common/crypto/encoding.hpp"
#include "common/crypto/sodium_ready.hpp"

namespace signalbox::crypto {

Bytes Random::bytes(std::size_t count) {
    Bytes out(count);
    fill(out);
    return out;
}

std::string Random::uuid() {
    Bytes raw = bytes(16);
    raw[6] = static_cast<std::uint8_t>((raw[6] & 0x0f) | 0x40);
    raw[8] = static_cast<std::uint8_t>((raw[8] & 0x3f) | 0x80);
    const std::string hex = to_hex(raw);
    return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" + hex.substr(16, 4) +
           "-" + hex.substr(20);
}

void SystemRandom::fill(std::span<std::uint8_t> out) {
    require_sodium();
    randombytes_buf(out.data(), out.size());
}

}  // namespace signalbox::crypto
