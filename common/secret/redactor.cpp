// SPDX-License-Identifier: Apache-2.0
#include "common/secret/redactor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "common/crypto/encoding.hpp"
#include "common/crypto/secret_bytes.hpp"

namespace signalbox::secret {
namespace {

constexpr std::string_view kMark = "[secret]";
constexpr std::string_view kHex = "0123456789abcdef", kUpperHex = "0123456789ABCDEF";
constexpr std::size_t kPiece = 4096;
constexpr std::size_t kLeastPattern = 6;  // a shorter text is not a secret any more, and everywhere

void add(std::set<std::string>& into, std::string text) {
    if (text.size() >= kLeastPattern) into.insert(std::move(text));
}

std::string hex(std::string_view value, std::string_view digits) {
    std::string out;
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        out += {digits[byte >> 4U], digits[byte & 15U]};
    }
    return out;
}

bool is_unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

// `space`: what a form makes of it; `kept`: what some encoders leave as it is.
std::string percent(std::string_view value, std::string_view digits, std::string_view space,
                    std::string_view kept) {
    std::string out;
    for (const char c : value) {
        if (is_unreserved(c) || kept.find(c) != std::string_view::npos)
            out += c;
        else if (c == ' ')
            out += space;
        else
            out += "%" + hex({&c, 1}, digits);
    }
    return out;
}

std::string json(std::string_view value, bool slashes) {
    std::string out;
    for (const char c : value) {
        constexpr std::string_view kPlain = "\"\\\b\f\n\r\t", kShort = "\"\\bfnrt";
        const auto at = kPlain.find(c);
        if (at != std::string_view::npos)
            out += {'\\', kShort[at]};
        else if (c == '/' && slashes)
            out += "\\/";
        else if (static_cast<unsigned char>(c) < 32)
            out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
        else
            out += c;
    }
    return out;
}

// What of the encoding depends on the value alone, when it stands `offset` bytes (mod 3) into a longer text;
// and that with the end, when the longer text ends with it.
void add_base64(std::set<std::string>& into, std::string_view value, std::size_t offset, bool url) {
    const std::string longer = std::string(offset, '\0') + std::string(value);
    std::string text = url ? crypto::to_base64url(as_bytes(longer)) : crypto::to_base64(as_bytes(longer));
    const std::size_t begin = (8 * offset + 5) / 6, end = 8 * longer.size() / 6;
    add(into, text.substr(begin, end - begin));
    add(into, text.substr(begin));
    while (text.ends_with('=')) text.pop_back();
    add(into, text.substr(begin));
}

void add_forms(std::set<std::string>& into, std::string_view value) {
    add(into, std::string(value));
    for (const std::string_view digits : {kHex, kUpperHex}) {
        add(into, hex(value, digits));
        for (const std::string_view space : {"%20", "+"})
            for (const std::string_view kept : {"", "/", "!*'()", "/:"})
                add(into, percent(value, digits, space, kept));
    }
    for (const bool either : {false, true}) {
        add(into, json(value, either));
        for (std::size_t offset = 0; offset < 3; ++offset) add_base64(into, value, offset, either);
    }
}

// The first bytes of a pattern, and what stands at a place of a text.
std::uint64_t beginning(const char* bytes) {
    std::uint64_t out = 0;
    std::memcpy(&out, bytes, kLeastPattern);
    return out;
}

}  // namespace

Patterns::Patterns(const Values& values) {
    std::set<std::string> forms;
    for (const auto& [name, value] : values) {
        std::string text = to_text(value.expose());
        add_forms(forms, text);
        // Programs print a key line by line, and without the newline at its end.
        for (std::string_view rest = text; !rest.empty();) {
            const auto end = std::min(rest.find('\n'), rest.size());
            std::string_view line = rest.substr(0, end);
            if (line.ends_with('\r')) line.remove_suffix(1);
            if (line.size() >= kLeastValue && line != text) add_forms(forms, line);
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
        crypto::wipe(text);
    }
    while (!forms.empty()) texts_.push_back(std::move(forms.extract(forms.begin()).value()));
    std::sort(texts_.begin(), texts_.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
    for (std::size_t i = 0; i < texts_.size(); ++i) by_beginning_[beginning(texts_[i].data())].push_back(i);
}

Patterns::~Patterns() {
    for (std::string& text : texts_) crypto::wipe(text);
}

std::size_t Patterns::length_at(std::string_view text, std::size_t place) const {
    const std::string_view rest = text.substr(place);
    if (rest.size() < kLeastPattern) return 0;
    const auto candidates = by_beginning_.find(beginning(rest.data()));
    if (candidates == by_beginning_.end()) return 0;
    for (const std::size_t i : candidates->second)
        if (rest.starts_with(texts_[i])) return texts_[i].size();
    return 0;
}

std::string Patterns::redacted(std::string_view text) const {
    std::string out;
    Redactor redactor(*this, [&](std::string_view piece) { out += piece; });
    redactor.add(text);
    redactor.finish();
    return out;
}

void Redactor::add(std::string_view text) {
    if (patterns_->empty()) return out_(text);
    waiting_ += text;
    if (waiting_.size() >= 2 * patterns_->longest() + kPiece) pass(false);
}

void Redactor::finish() {
    pass(true);
}

void Redactor::pass(bool last) {
    // Every secret that begins before `safe` is there as a whole; what begins later waits.
    const std::size_t safe = last ? waiting_.size() : waiting_.size() - (patterns_->longest() - 1);
    const std::string_view text = waiting_;
    std::size_t hidden_to = hidden_;
    for (std::size_t begin = 0; begin < safe; ++begin) {
        const std::size_t length = patterns_->length_at(text, begin);
        if (length == 0) continue;
        if (begin > hidden_to || hidden_to == 0) {
            if (begin > hidden_to) out_(text.substr(hidden_to, begin - hidden_to));
            out_(kMark);
        }
        hidden_to = std::max(hidden_to, begin + length);
    }
    if (safe > hidden_to) out_(text.substr(hidden_to, safe - hidden_to));
    hidden_ = hidden_to > safe ? hidden_to - safe : 0;
    waiting_.erase(0, safe);
}

}  // namespace signalbox::secret
