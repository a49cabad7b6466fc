// SPDX-License-Identifier: Apache-2.0
// Private keys on disk, mode 0600. Services' keys are plain PASERK k4.secret; people's keys are PASERK
// k4.secret-pw (Argon2id, XChaCha20, BLAKE2b), one line of text either way.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/crypto/keys.hpp"
#include "common/crypto/random.hpp"
#include "common/crypto/secret_bytes.hpp"

namespace signalbox::crypto {

// Cost of Argon2id; the defaults are PASERK's recommended "moderate": 64 MiB, 2 passes.
struct PasswordCost {
    std::uint64_t memory_bytes = 64ULL << 20;
    std::uint32_t passes = 2;
};

// "k4.secret-pw.…"
[[nodiscard]] Result<std::string> wrap_with_password(const SigningKey& key, const SecretBytes& password,
                                                     Random& random, const PasswordCost& cost = {});
// Errors: invalid_argument (not such a text), permission_denied (wrong password or changed bytes),
// resource_exhausted (asks for more memory than `max_memory_bytes`).
[[nodiscard]] Result<SigningKey> unwrap_with_password(std::string_view text, const SecretBytes& password,
                                                      std::uint64_t max_memory_bytes = 1ULL << 30);

// True when the text starts with "k4.secret-pw.".
[[nodiscard]] bool is_password_wrapped(std::string_view text);

// Writes a new file with mode 0600, synced, never over an existing one. Errors: already_exists, unavailable
// (why).
[[nodiscard]] Status write_secret_file(const std::string& path, ByteView content);
// Reads a secret file. Errors: not_found, permission_denied (mode lets group or others in: the remedy is the
// chmod).
[[nodiscard]] Result<SecretBytes> read_secret_file(const std::string& path);
// A service's key: read_secret_file + k4.secret.
[[nodiscard]] Result<SigningKey> load_service_key(const std::string& path);

}  // namespace signalbox::crypto
