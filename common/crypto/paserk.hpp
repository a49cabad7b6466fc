// SPDX-License-Identifier: Apache-2.0
// The PASERK texts of raw key bytes, apart from what the bytes mean (github.com/paseto-standard/paserk, types
// k4.public, k4.secret, k4.pid). Callers want keys.hpp; this is its codec. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/crypto/secret_bytes.hpp"

namespace signalbox::crypto::paserk {

inline constexpr std::string_view kPublic = "k4.public.";
inline constexpr std::string_view kSecret = "k4.secret.";
inline constexpr std::string_view kSecretPassword = "k4.secret-pw.";
inline constexpr std::string_view kPublicId = "k4.pid.";

[[nodiscard]] std::string public_text(ByteView key);
// "k4.pid." + base64url(BLAKE2b-264("k4.pid." || public_text(key))).
[[nodiscard]] std::string public_id(ByteView key);
[[nodiscard]] SecretBytes secret_text(ByteView seed_and_public);

// The bytes after `prefix`, exactly `size` of them. The text may be secret and is never shown.
// Errors: invalid_argument.
[[nodiscard]] Result<SecretBytes> decode(std::string_view text, std::string_view prefix, std::size_t size);

}  // namespace signalbox::crypto::paserk
