// SPDX-License-Identifier: Apache-2.0
#include "common/telemetry/log_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace signalbox::telemetry {
namespace {

constexpr std::string_view kRedacted = "[redacted]";

struct Decoded {
    std::uint32_t point = 0xfffd;
    std::size_t length = 1;
    bool valid = false;
};

// The code point at the front of a text that is not empty (RFC 3629: shortest form, no surrogates).
Decoded decode(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint8_t first = byte(0);
    if (first < 0x80) return {first, 1, true};
    std::size_t length = 0;
    std::uint32_t least = 0;
    std::uint32_t point = 0;
    if ((first & 0xe0) == 0xc0) {
        length = 2, least = 0x80, point = first & 0x1fU;
    } else if ((first & 0xf0) == 0xe0) {
        length = 3, least = 0x800, point = first & 0x0fU;
    } else if ((first & 0xf8) == 0xf0) {
        length = 4, least = 0x10000, point = first & 0x07U;
    }
    if (length == 0 || text.size() < length) return {};
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0) != 0x80) return {};
        point = (point << 6) | (byte(i) & 0x3fU);
    }
    if (point < least || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return {};
    return {point, length, true};
}

bool must_be_escaped(std::uint32_t point) {
    return point < 0x20 || (point >= 0x7f && point <= 0x9f) || point == 0x200e || point == 0x200f ||
           (point >= 0x2028 && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069) || point == 0x061c;
}

bool is_token_character(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || c == '.' || c == '=';
}

constexpr std::array<std::string_view, 7> kSecretPrefixes = {
    "k4.secret.", "k4.secret-pw.", "k4.local.", "sbj1.", "sbk_", "v4.public.", "v4.local."};

}  // namespace

std::string escape(std::string_view text) {
    std::string out;
    out.reserve(text.size() + 8);
    while (!text.empty()) {
        const Decoded next = decode(text);
        if (!next.valid) {
            out += "\xef\xbf\xbd";
        } else if (next.point == '"' || next.point == '\\') {
            out += '\\';
            out += static_cast<char>(next.point);
        } else if (next.point == '\n') {
            out += "\\n";
        } else if (must_be_escaped(next.point)) {
            out += fmt::format("\\u{:04x}", next.point);
        } else {
            out.append(text.substr(0, next.length));
        }
        text.remove_prefix(next.length);
    }
    return out;
}

std::string redact(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const auto prefix = std::find_if(kSecretPrefixes.begin(), kSecretPrefixes.end(),
                                         [&](std::string_view p) { return text.starts_with(p); });
        if (prefix != kSecretPrefixes.end()) {
            out.append(*prefix).append(kRedacted);
            const auto end = std::find_if_not(text.begin(), text.end(), is_token_character);
            text.remove_prefix(static_cast<std::size_t>(end - text.begin()));
        } else if (text.starts_with("://")) {
            // user:password@ of a URL, up to the end of its authority
            const std::string_view authority = text.substr(3, text.substr(3).find_first_of("/?# \n\"'"));
            const auto at = authority.rfind('@');
            out.append("://");
            if (at != std::string_view::npos) out.append(kRedacted);
            text.remove_prefix(3 + (at == std::string_view::npos ? 0 : at));
        } else {
            out += text.front();
            text.remove_prefix(1);
        }
    }
    return out;
}

bool is_secret_name(std::string_view key) {
    constexpr std::array<std::string_view, 7> names = {"password", "passphrase", "secret",       "api_key",
                                                       "token",    "cookie",     "authorization"};
    return std::any_of(names.begin(), names.end(), [&](std::string_view name) {
        return key == name || (key.ends_with(name) && key[key.size() - name.size() - 1] == '_');
    });
}

}  // namespace signalbox::telemetry
