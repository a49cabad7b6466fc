// SPDX-License-Identifier: Apache-2.0
// Which archive a file is, by its first bytes. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "common/base/bytes.hpp"

namespace signalbox::cli {

inline constexpr std::size_t kSniffBytes = 512;

// "tar" (POSIX ustar or GNU), "tar.gz" (RFC 1952), "tar.zst" (RFC 8878), or nothing.
[[nodiscard]] std::optional<std::string> sniff_format(ByteView first_bytes);

}  // namespace signalbox::cli
