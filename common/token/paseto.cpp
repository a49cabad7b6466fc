// SPDX-License-Identifier: Apache-2.0
#include "common/token/paseto.hpp"

#include <array>

#include "common/crypto/encoding.hpp"
#include "common/token/token.hpp"

namespace signalbox::token {
namespace paseto {
namespace {

constexpr std::string_view kHeader = "v4.public.";
constexpr std::size_t kSignature = 64;

// Unsigned 64 bits, little-endian, the top bit clear.
void append_length(std::string& out, std::uint64_t length) {
    length &= INT64_MAX;
    for (int i = 0; i < 8; ++i, length >>= 8) out.push_back(static_cast<char>(length & 0xff));
}

}  // namespace

Result<Parts> split(std::string_view text) {
    if (!text.starts_with(kHeader)) {
        return Error{Code::invalid_argument, "the token is not v4.public"};
    }
    text.remove_prefix(kHeader.size());
    const std::size_t dot = text.find('.');
    SB_TRY(const Bytes body, crypto::from_base64url(text.substr(0, dot)).with_context("token body"));
    if (body.size() < kSignature) {
        return Error{Code::invalid_argument, "the token is too short to hold a signature"};
    }
    const ByteView all(body);
    Parts parts;
    parts.message = to_text(all.first(all.size() - kSignature));
    SB_TRY(parts.signature, crypto::signature_from_bytes(all.last(kSignature)));
    if (dot != std::string_view::npos) {
        // A second dot is outside the alphabet, so a third part is refused here.
        SB_TRY(const Bytes footer, crypto::from_base64url(text.substr(dot + 1)).with_context("token footer"));
        if (footer.empty()) return Error{Code::invalid_argument, "the token ends with an empty footer"};
        parts.footer = to_text(footer);
    }
    return parts;
}

std::string join(const Parts& parts) {
    Bytes body = to_bytes(parts.message);
    body.insert(body.end(), parts.signature.begin(), parts.signature.end());
    std::string text = std::string(kHeader) + crypto::to_base64url(body);
    if (!parts.footer.empty()) text += "." + crypto::to_base64url(as_bytes(parts.footer));
    return text;
}

std::string signed_bytes(std::string_view message, std::string_view footer, std::string_view implicit) {
    const std::array<std::string_view, 4> pieces{kHeader, message, footer, implicit};
    std::string out;
    append_length(out, pieces.size());
    for (const std::string_view piece : pieces) {
        append_length(out, piece.size());
        out += piece;
    }
    return out;
}

}  // namespace paseto

std::string paseto_sign(std::string_view message, const crypto::SigningKey& key, std::string_view footer,
                        std::string_view implicit) {
    const std::string covered = paseto::signed_bytes(message, footer, implicit);
    return paseto::join({std::string(message), key.sign_now(as_bytes(covered)), std::string(footer)});
}

Result<std::string> paseto_verify(std::string_view text, const crypto::PublicKey& key,
                                  std::string_view footer, std::string_view implicit) {
    SB_TRY(paseto::Parts parts, paseto::split(text));
    if (!crypto::constant_time_equal(as_bytes(parts.footer), as_bytes(footer))) {
        return Error{Code::refused, "the token's footer is not the expected one"};
    }
    const std::string covered = paseto::signed_bytes(parts.message, parts.footer, implicit);
    if (!key.verify(as_bytes(covered), parts.signature)) {
        return Error{Code::refused, "the token's signature does not verify"};
    }
    return std::move(parts.message);
}

}  // namespace signalbox::token
