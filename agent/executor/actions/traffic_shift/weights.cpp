// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/actions/traffic_shift/weights.hpp"

#include <fmt/format.h>

#include <charconv>

#include "common/action/names.hpp"

namespace signalbox::actions {

std::string describe(const Weights& weights) {
    std::string text;
    for (const auto& [server, weight] : weights)
        text += fmt::format("{}{}={}", text.empty() ? "" : " ", server, weight);
    return text;
}

std::string differences(const Weights& now, const Weights& wanted) {
    std::string text;
    for (const auto& [server, weight] : wanted) {
        const auto found = now.find(server);
        if (found == now.end())
            text += fmt::format(" {} is not a server;", server);
        else if (found->second != weight)
            text += fmt::format(" {} has {} instead of {};", server, found->second, weight);
    }
    return text;
}

Result<Weights> parse_weight_lines(std::string_view text) {
    Weights out;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (line.empty()) continue;
        const std::size_t space = line.find(' ');
        const std::string_view server = line.substr(0, space);
        std::int64_t weight = -1;
        if (space != std::string_view::npos) {
            const std::string_view number = line.substr(space + 1);
            const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), weight);
            if (error != std::errc() || end != number.data() + number.size()) weight = -1;
        }
        if (weight < 0 || !is_server_name(server) || !out.emplace(server, weight).second)
            return Error(Code::invalid_argument,
                         fmt::format("'{:.100}' is not a server and its weight, once", line),
                         "Let `show` print a line \"server weight\" for each server.");
    }
    return out;
}

}  // namespace signalbox::actions
