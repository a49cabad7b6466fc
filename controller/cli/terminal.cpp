// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/terminal.hpp"

#include <fmt/format.h>

#include <utility>

#include "controller/cli/utf8.hpp"

namespace signalbox::cli {
namespace {

std::string_view sgr(Tone tone) {
    switch (tone) {
        case Tone::plain:
            return "";
        case Tone::good:
            return "32";
        case Tone::bad:
            return "31";
        case Tone::warning:
            return "33";
        case Tone::dim:
            return "2";
        case Tone::strong:
            return "1";
    }
    return "";
}

// Characters that move the cursor, break the line or turn the direction of what follows.
bool steers(char32_t code) {
    return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x061c || code == 0x200e ||
           code == 0x200f || (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ||
           code == 0xfeff;
}

std::string escaped(const Character& c) {
    if (c.valid && c.code == U'\n') return "\\n";
    if (c.valid && c.code == U'\t') return "\\t";
    const auto value = static_cast<unsigned>(c.code);
    return !c.valid || value < 0x80 ? fmt::format("\\x{:02x}", value) : fmt::format("\\u{:04x}", value);
}

}  // namespace

Terminal uncut(Terminal terminal) {
    terminal.wraps = terminal.interactive;
    terminal.interactive = false;
    return terminal;
}

std::string paint(const Terminal& terminal, Tone tone, std::string_view text) {
    if (!terminal.color || tone == Tone::plain || text.empty()) return std::string(text);
    return fmt::format("\x1b[{}m{}\x1b[0m", sgr(tone), text);
}

std::string safe(std::string_view untrusted) {
    std::string out;
    out.reserve(untrusted.size());
    while (!untrusted.empty()) {
        const Character c = decode_utf8(untrusted);
        if (!c.valid || steers(c.code)) {
            out += escaped(c);
        } else {
            out += untrusted.substr(0, c.bytes);
        }
        untrusted.remove_prefix(c.bytes);
    }
    return out;
}

std::size_t columns(std::string_view text) {
    std::size_t total = 0;
    while (!text.empty()) {
        const Character c = decode_utf8(text);
        total += c.valid ? character_columns(c.code) : 1;
        text.remove_prefix(c.bytes);
    }
    return total;
}

std::string fit(std::string_view text, std::size_t width) {
    if (columns(text) <= width) return std::string(text);
    if (width == 0) return {};
    std::string out;
    std::size_t used = 0;
    while (!text.empty()) {
        const Character c = decode_utf8(text);
        const std::size_t w = c.valid ? character_columns(c.code) : 1;
        if (used + w > width - 1) break;
        out += text.substr(0, c.bytes);
        used += w;
        text.remove_prefix(c.bytes);
    }
    return out + "…";
}

std::string pad_right(std::string_view text, std::size_t width) {
    const std::size_t used = columns(text);
    return std::string(text) + std::string(used < width ? width - used : 0, ' ');
}

std::string pad_left(std::string_view text, std::size_t width) {
    const std::size_t used = columns(text);
    return std::string(used < width ? width - used : 0, ' ') + std::string(text);
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
    std::vector<std::string> lines;
    std::string line;
    while (!text.empty()) {
        const std::size_t blank = text.find(' ');
        const std::string_view word = text.substr(0, blank);
        text.remove_prefix(blank == std::string_view::npos ? text.size() : blank + 1);
        if (word.empty()) continue;
        if (!line.empty() && columns(line) + 1 + columns(word) > width)
            lines.push_back(std::exchange(line, {}));
        if (!line.empty()) line += ' ';
        line += word;
    }
    if (!line.empty() || lines.empty()) lines.push_back(line);
    return lines;
}

std::string join_lines(const std::vector<std::string>& lines) {
    std::string out;
    for (const auto& line : lines) {
        out += line;
        out += '\n';
    }
    return out;
}

}  // namespace signalbox::cli
