// SPDX-License-Identifier: Apache-2.0
// The words for the sequencer's enumerations, as they are stored and shown. Errors of parse_…:
// invalid_argument.
#pragma once

#include <string_view>

#include "common/base/result.hpp"
#include "controller/release/sequence/breaker.hpp"
#include "controller/release/sequence/spec.hpp"

namespace signalbox::sequence {

[[nodiscard]] std::string_view to_string(Offline offline);
[[nodiscard]] std::string_view to_string(Priority priority);
[[nodiscard]] std::string_view to_string(Overrun overrun);
[[nodiscard]] std::string_view to_string(BreakerStatus status);
[[nodiscard]] Result<Offline> parse_offline(std::string_view text);
[[nodiscard]] Result<Priority> parse_priority(std::string_view text);
[[nodiscard]] Result<Overrun> parse_overrun(std::string_view text);
[[nodiscard]] Result<BreakerStatus> parse_breaker_status(std::string_view text);

}  // namespace signalbox::sequence
