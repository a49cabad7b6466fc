// SPDX-License-Identifier: Apache-2.0
#include "controller/estate/template.hpp"

#include <fmt/format.h>

namespace signalbox::estate {
namespace {

Error bad(std::string message, std::string remedy) {
    return {Code::invalid_argument, std::move(message), std::move(remedy)};
}

}  // namespace

Result<std::string> expand(std::string_view text, const Lookup& lookup) {
    std::string out;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t dollar = text.find('$', at);
        out += text.substr(at, dollar - at);
        if (dollar == std::string_view::npos) break;
        if (text.substr(dollar, 3) == "$${") {
            out += "${";
            at = dollar + 3;
            continue;
        }
        if (text.substr(dollar, 2) != "${") {
            out += '$';
            at = dollar + 1;
            continue;
        }
        const std::size_t end = text.find('}', dollar);
        if (end == std::string_view::npos) {
            return bad(fmt::format("'{:.60}' has no closing '}}'", text.substr(dollar)),
                       "Close it, or write $${ for a literal ${");
        }
        const std::string_view name = text.substr(dollar + 2, end - dollar - 2);
        const auto value = lookup(name);
        if (!value) {
            return bad(
                fmt::format("nothing is known by the name '${{{:.60}}}'", name),
                "Use ${host.name}, ${host.<label of the host>}, ${release.version} or ${service.name}");
        }
        out += *value;
        at = end + 1;
    }
    return out;
}

void check_template(const Located<std::string>& text, Problems& problems) {
    const auto known = [](std::string_view name) -> std::optional<std::string> {
        const bool host = name.starts_with("host.") && name.size() > 5;
        if (host || name == "release.version" || name == "service.name") return "x";
        return std::nullopt;
    };
    if (auto expanded = expand(text.value, known); !expanded) {
        problems.push_back({text.at, expanded.error().message(), expanded.error().remedy()});
    }
}

}  // namespace signalbox::estate
