// SPDX-License-Identifier: Apache-2.0
#include "controller/estate/problem.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace signalbox::estate {

std::string to_string(const Position& position) {
    if (position.line == 0) return position.file;
    return fmt::format("{}:{}:{}", position.file, position.line, position.column);
}

bool has_errors(const Problems& problems) {
    return std::any_of(problems.begin(), problems.end(), [](const Problem& p) { return !p.warning; });
}

Error to_error(const Problems& problems) {
    const auto is_error = [](const Problem& p) { return !p.warning; };
    const auto first = std::find_if(problems.begin(), problems.end(), is_error);
    if (first == problems.end()) return {Code::internal, "an error was made of no problem"};
    const auto more = std::count_if(first + 1, problems.end(), is_error);
    std::string message = fmt::format("{}: {}", to_string(first->at), first->message);
    if (more > 0) message += fmt::format(" (and {} more problem{})", more, more == 1 ? "" : "s");
    return {Code::invalid_argument, std::move(message), first->remedy};
}

std::string to_string(const Problem& problem) {
    std::string text =
        fmt::format("{}{}: {}", problem.warning ? "warning: " : "", to_string(problem.at), problem.message);
    if (!problem.remedy.empty()) text += ". " + problem.remedy;
    return text;
}

}  // namespace signalbox::estate
