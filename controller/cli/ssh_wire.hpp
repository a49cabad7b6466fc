// SPDX-License-Identifier: Apache-2.0
// The SSH binary packet types that an agent speaks: uint32 and string (RFC 4251 section 5). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"

namespace signalbox::cli {

class SshWriter {
  public:
    void byte(std::uint8_t value);
    void uint32(std::uint32_t value);
    void string(ByteView value);
    [[nodiscard]] const Bytes& bytes() const { return bytes_; }

  private:
    Bytes bytes_;
};

// Errors: data_loss when the bytes end too early. The bytes must outlive the reader and what it returns.
class SshReader {
  public:
    explicit SshReader(ByteView bytes) : rest_(bytes) {}
    [[nodiscard]] Result<std::uint8_t> byte();
    [[nodiscard]] Result<std::uint32_t> uint32();
    [[nodiscard]] Result<ByteView> string();
    [[nodiscard]] bool at_end() const { return rest_.empty(); }

  private:
    ByteView rest_;
};

}  // namespace signalbox::cli
