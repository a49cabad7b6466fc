// SPDX-License-Identifier: Apache-2.0
#include "controller/estate/name_field.hpp"

#include <fmt/format.h>

#include <set>

#include "controller/estate/rules.hpp"

namespace signalbox::estate {

std::string checked_name(const std::string& name, const Position& at, Problems& problems) {
    if (const auto error = check_name(name)) {
        problems.push_back({at, error->message(), error->remedy()});
        return {};
    }
    return name;
}

Located<std::string> name_field(Fields& fields, std::string_view key) {
    auto out = fields.text(key);
    if (!out.value.empty()) out.value = checked_name(out.value, out.at, fields.problems());
    return out;
}

std::vector<Located<std::string>> name_list(Fields& fields, std::string_view key) {
    std::vector<Located<std::string>> out;
    std::set<std::string> seen;
    for (auto& name : fields.texts(key)) {
        if (checked_name(name.value, name.at, fields.problems()).empty()) continue;
        if (!seen.insert(name.value).second) {
            fields.problem(name.at, fmt::format("'{}' is in '{}' twice", name.value, key),
                           "Remove one of the two");
            continue;
        }
        out.push_back(std::move(name));
    }
    return out;
}

}  // namespace signalbox::estate
