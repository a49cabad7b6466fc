// SPDX-License-Identifier: Apache-2.0
// libsodium 1.0.18 takes some bytes above 0x7f for letters of base64 (its comparisons want small numbers, and
// `char` is signed), so every text is looked through before. Private to common/crypto. Pure.
#pragma once

#include <string_view>

namespace signalbox::crypto {

// Takes the same time whatever the text: it may be a secret.
[[nodiscard]] inline bool is_ascii(std::string_view text) {
    unsigned all = 0;
    for (const char c : text) all |= static_cast<unsigned char>(c);
    return all < 0x80;
}

}  // namespace signalbox::crypto
