// SPDX-License-Identifier: Apache-2.0
// The lines of a text or stream one by one, so that a ledger of any length is read in little memory.
#pragma once

#include <functional>
#include <istream>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace signalbox::evidence {

inline constexpr std::size_t kMaxLineBytes = 2 << 20;

// The next line without its newline, nothing at the end. Errors: resource_exhausted (a line over the cap),
// unavailable (the stream failed).
using LineSource = std::function<Result<std::optional<std::string>>()>;

// The text must outlive the source.
[[nodiscard]] LineSource lines_of(std::string_view text);
// The stream must outlive the source. A stream that throws is read as one that failed.
[[nodiscard]] LineSource lines_of(std::istream& in);

}  // namespace signalbox::evidence
