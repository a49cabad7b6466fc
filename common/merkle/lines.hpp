// SPDX-License-Identifier: Apache-2.0
// The lines that C2SP's texts are made of. Private to common/merkle. Pure.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/crypto/digest.hpp"
#include "common/crypto/encoding.hpp"

namespace signalbox::merkle {

// The text up to the next newline; `rest` moves behind it. Empty, and `rest` stays, when no newline is left.
inline std::string_view take_line(std::string_view& rest) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) return {};
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return line;
}

// ASCII decimal below 2^63 without sign or leading zeros.
inline std::optional<std::uint64_t> parse_decimal(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc{} && end == text.data() + text.size() && text.front() != '-';
    if (!whole || (text.size() > 1 && text.front() == '0')) return std::nullopt;
    return static_cast<std::uint64_t>(value);
}

// A SHA-256 hash in strict base64. Errors: invalid_argument.
inline Result<crypto::Digest> parse_hash(std::string_view line) {
    SB_TRY(const Bytes raw, crypto::from_base64(line));
    return crypto::digest_from_bytes(raw);
}

}  // namespace signalbox::merkle
