// SPDX-License-Identifier: Apache-2.0
// "Did you mean …?" Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace signalbox::cli {

// The nearest word within two edits (Levenshtein, a swap of neighbours counting as one), or empty.
[[nodiscard]] std::string nearest(std::string_view typed, const std::vector<std::string>& words);

}  // namespace signalbox::cli
