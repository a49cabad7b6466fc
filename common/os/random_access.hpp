// SPDX-License-Identifier: Apache-2.0
// Reading from an open file at a place, without moving where it stands. Stateless; safe from any thread.
#pragma once

#include <cstdint>
#include <span>

#include "common/base/result.hpp"

namespace signalbox::os {

// How many bytes; 0 at the end. Errors: unavailable.
[[nodiscard]] Result<std::size_t> read_at(int fd, std::uint64_t offset, std::span<std::uint8_t> out);
[[nodiscard]] Result<std::uint64_t> size_of(int fd);
// Lets the next plain read begin at the start.
[[nodiscard]] Status rewind(int fd);

}  // namespace signalbox::os
