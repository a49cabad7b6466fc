// SPDX-License-Identifier: Apache-2.0
// Errors for people and for machines. Pure.
#pragma once

#include <string>

#include "common/base/result.hpp"
#include "controller/cli/terminal.hpp"

namespace signalbox::cli {

// "error: what, where, why" and "next: …", escaped; with line feeds.
[[nodiscard]] std::string render_error(const Error& error, const Terminal& terminal);
// {"error":{"code","message","next"}} and a line feed.
[[nodiscard]] std::string error_json(const Error& error);

}  // namespace signalbox::cli
