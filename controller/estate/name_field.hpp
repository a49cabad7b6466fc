// SPDX-License-Identifier: Apache-2.0
// Members that hold a name. Pure.
#pragma once

#include "controller/estate/fields.hpp"

namespace signalbox::estate {

// The name itself when it is one; otherwise a problem and an empty text.
[[nodiscard]] std::string checked_name(const std::string& name, const Position& at, Problems& problems);
// The required member `key`, checked likewise.
[[nodiscard]] Located<std::string> name_field(Fields& fields, std::string_view key);
// The list member `key`, each element checked; one that stands there twice is a problem.
[[nodiscard]] std::vector<Located<std::string>> name_list(Fields& fields, std::string_view key);

}  // namespace signalbox::estate
