// SPDX-License-Identifier: Apache-2.0
// Random bytes from the operating system, behind a port so that tests and the simulator are repeatable.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "common/base/bytes.hpp"

namespace signalbox::crypto {

// Thread-safe.
class Random {
  public:
    virtual ~Random() = default;
    virtual void fill(std::span<std::uint8_t> out) = 0;
    [[nodiscard]] Bytes bytes(std::size_t count);
    // A version 4 UUID, lower case (RFC 4122 4.4).
    [[nodiscard]] std::string uuid();
};

class SystemRandom final : public Random {
  public:
    void fill(std::span<std::uint8_t> out) override;
};

}  // namespace signalbox::crypto
