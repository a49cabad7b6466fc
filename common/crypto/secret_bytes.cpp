// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/secret_bytes.hpp"

#include <sodium.h>

#include <utility>

namespace signalbox::crypto {

SecretBytes::SecretBytes(std::size_t size) : bytes_(size) {}

SecretBytes::SecretBytes(ByteView copy_of) : bytes_(copy_of.begin(), copy_of.end()) {}

SecretBytes::SecretBytes(SecretBytes&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
    if (this != &other) {
        wipe();
        bytes_ = std::exchange(other.bytes_, {});
    }
    return *this;
}

SecretBytes::~SecretBytes() {
    wipe();
}

void SecretBytes::wipe() noexcept {
    // Needs no sodium_init. A vector that moved away is empty, so nothing is left behind.
    if (!bytes_.empty()) sodium_memzero(bytes_.data(), bytes_.size());
}

void wipe(std::string& text) noexcept {
    if (!text.empty()) sodium_memzero(text.data(), text.size());
    text.clear();
}

}  // namespace signalbox::crypto
