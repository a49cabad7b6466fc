// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/actions/traffic_shift/runtime_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

namespace signalbox::actions {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

Error strange(std::string_view what, std::string_view line) {
    return Error(Code::invalid_argument, fmt::format("HAProxy's answer is not {}: '{:.100}'", what, line),
                 "Check that the socket is HAProxy's runtime socket (2.2 or newer).");
}

// Columns by their names in the head line, so that later versions may add some.
struct Columns {
    std::size_t backend = 0, server = 0, value = 0;
};
Result<Columns> find_columns(const std::vector<std::string_view>& head, std::string_view backend,
                             std::string_view server, std::string_view value, std::string_view line) {
    const auto index = [&](std::string_view name) {
        return static_cast<std::size_t>(std::find(head.begin(), head.end(), name) - head.begin());
    };
    const Columns columns{index(backend), index(server), index(value)};
    if (std::max({columns.backend, columns.server, columns.value}) >= head.size())
        return strange("a table with the expected columns", line);
    return columns;
}

Result<Weights> read_table(std::string_view table, char separator, const Columns& columns,
                           std::string_view backend) {
    Weights out;
    for (const std::string_view line : split(table, '\n')) {
        if (line.empty()) continue;
        const auto cells = split(line, separator);
        if (std::max({columns.backend, columns.server, columns.value}) >= cells.size())
            return strange("a whole table", line);
        if (cells[columns.backend] != backend) continue;
        const std::string_view text = cells[columns.value];
        std::int64_t value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc() || end != text.data() + text.size())
            return strange("a table of numbers", line);
        out.emplace(cells[columns.server], value);
    }
    return out;
}

}  // namespace

Result<Weights> parse_servers_state(std::string_view answer, std::string_view backend) {
    if (answer.starts_with("Can't find backend"))
        return Error(Code::not_found, fmt::format("HAProxy has no backend '{}'", backend),
                     "Compare the estate's traffic.backend with haproxy.cfg.");
    const auto version_end = answer.find('\n');
    if (answer.substr(0, version_end) != "1" || version_end == std::string_view::npos)
        return strange("servers' state, version 1", answer.substr(0, version_end));
    answer.remove_prefix(version_end + 1);
    const auto head_end = answer.find('\n');
    const std::string_view head = answer.substr(0, head_end);
    if (!head.starts_with("# ") || head_end == std::string_view::npos) return strange("servers' state", head);
    SB_TRY(const Columns columns,
           find_columns(split(head.substr(2), ' '), "be_name", "srv_name", "srv_uweight", head));
    SB_TRY(auto weights, read_table(answer.substr(head_end + 1), ' ', columns, backend));
    if (weights.empty())
        return Error(Code::not_found, fmt::format("HAProxy's backend '{}' has no server", backend));
    return weights;
}

Result<Weights> parse_sessions(std::string_view csv, std::string_view backend) {
    const auto head_end = csv.find('\n');
    const std::string_view head = csv.substr(0, head_end);
    if (!head.starts_with("# ") || head_end == std::string_view::npos) return strange("statistics", head);
    SB_TRY(const Columns columns, find_columns(split(head.substr(2), ','), "pxname", "svname", "scur", head));
    return read_table(csv.substr(head_end + 1), ',', columns, backend);
}

}  // namespace signalbox::actions
