// SPDX-License-Identifier: Apache-2.0
#include "common/evidence/line_source.hpp"

#include <fmt/format.h>

namespace signalbox::evidence {
namespace {

using Line = Result<std::optional<std::string>>;

Error too_long() {
    return {Code::resource_exhausted,
            fmt::format("a line is longer than the {} bytes allowed", kMaxLineBytes)};
}

Line read_line(std::istream& in) {
    std::streambuf* buffer = in.rdbuf();
    if (buffer == nullptr || in.bad()) return Error{Code::unavailable, "the file cannot be read"};
    std::string line;
    for (bool any = false;; any = true) {
        const int c = buffer->sbumpc();
        if (c == std::istream::traits_type::eof()) {
            if (!any) return std::optional<std::string>{};
            return std::optional(std::move(line));
        }
        if (c == '\n') return std::optional(std::move(line));
        if (line.size() == kMaxLineBytes) return too_long();
        line.push_back(static_cast<char>(c));
    }
}

}  // namespace

LineSource lines_of(std::string_view text) {
    return [rest = text]() mutable -> Line {
        if (rest.empty()) return std::optional<std::string>{};
        const std::size_t end = rest.find('\n');
        const std::string_view line = rest.substr(0, end);
        if (line.size() > kMaxLineBytes) return too_long();
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        return std::optional(std::string(line));
    };
}

LineSource lines_of(std::istream& in) {
    return [&in]() -> Line {
        try {
            return read_line(in);
        } catch (const std::exception& error) {
            return Error{Code::unavailable, fmt::format("the file cannot be read: {}", error.what())};
        }
    };
}

}  // namespace signalbox::evidence
