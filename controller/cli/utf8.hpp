// SPDX-License-Identifier: Apache-2.0
// Column widths of characters. Pure.
#pragma once

#include <cstddef>

#include "common/base/utf8.hpp"

namespace signalbox::cli {

// 0 for combining marks and zero-width characters, 2 for wide ones (UAX 11 W and F), otherwise 1.
[[nodiscard]] std::size_t character_columns(char32_t code);

}  // namespace signalbox::cli
