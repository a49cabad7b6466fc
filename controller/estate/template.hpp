// SPDX-License-Identifier: Apache-2.0
// ${name} templates in texts of the estate: ${host.name}, ${host.<label>}, ${release.version},
// ${service.name};
// "$${" stands for a literal "${". Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "controller/estate/problem.hpp"

namespace signalbox::estate {

// The value of a name, or nothing when it has none.
using Lookup = std::function<std::optional<std::string>(std::string_view name)>;

// Errors: invalid_argument (a "${" without "}", a name without a value), naming it.
[[nodiscard]] Result<std::string> expand(std::string_view text, const Lookup& lookup);

// What can be known without a host: the syntax, and that each name is one of the four kinds.
void check_template(const Located<std::string>& text, Problems& problems);

}  // namespace signalbox::estate
