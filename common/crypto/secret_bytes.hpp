// SPDX-License-Identifier: Apache-2.0
// Bytes that must not leak: wiped on destruction, not copyable, not printable.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/bytes.hpp"

namespace signalbox::crypto {

class SecretBytes {
  public:
    SecretBytes() = default;
    explicit SecretBytes(std::size_t size);
    explicit SecretBytes(ByteView copy_of);
    static SecretBytes from_text(std::string_view text) { return SecretBytes(as_bytes(text)); }
    SecretBytes(SecretBytes&& other) noexcept;
    SecretBytes& operator=(SecretBytes&& other) noexcept;
    SecretBytes(const SecretBytes&) = delete;
    SecretBytes& operator=(const SecretBytes&) = delete;
    ~SecretBytes();

    // For the one call that needs the bytes; the view lives no longer than this object.
    [[nodiscard]] ByteView expose() const { return bytes_; }
    [[nodiscard]] std::span<std::uint8_t> expose_mutable() { return bytes_; }
    [[nodiscard]] std::size_t size() const { return bytes_.size(); }
    [[nodiscard]] bool empty() const { return bytes_.empty(); }

  private:
    void wipe() noexcept;
    std::vector<std::uint8_t> bytes_;
};

// Overwrites a text that held a secret, as the compiler may not leave out; it is empty then.
void wipe(std::string& text) noexcept;

}  // namespace signalbox::crypto
