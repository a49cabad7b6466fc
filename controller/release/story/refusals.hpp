// SPDX-License-Identifier: Apache-2.0
// What a host means by refusing a token, in words for people. Pure.
#pragma once

#include <string_view>

namespace signalbox::story {

// "R_WINDOW" -> "it is outside the window that people approved"; empty for a code that is not known.
[[nodiscard]] std::string_view meaning_of(std::string_view code);

}  // namespace signalbox::story
