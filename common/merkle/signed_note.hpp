// SPDX-License-Identifier: Apache-2.0
// C2SP signed-note (c2sp.org/signed-note): a text with signature lines under it, Ed25519 only. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/crypto/digest.hpp"
#include "common/crypto/keys.hpp"

namespace signalbox::merkle {

inline constexpr std::size_t kMaxNoteBytes = 64 * 1024;
inline constexpr std::size_t kMaxNoteSignatures = 16;

// What a key signs with: the note's text, or a witness's statement about it (cosignature.hpp).
enum class NoteKeyKind : std::uint8_t { ed25519 = 0x01, cosignature = 0x04 };

// SHA-256(name || "\n" || kind || public key), and its first four bytes.
[[nodiscard]] crypto::Digest note_key_hash(std::string_view name, const crypto::PublicKey& key,
                                           NoteKeyKind kind = NoteKeyKind::ed25519);
using NoteKeyId = std::array<std::uint8_t, 4>;
[[nodiscard]] NoteKeyId note_key_id(std::string_view name, const crypto::PublicKey& key,
                                    NoteKeyKind kind = NoteKeyKind::ed25519);
// C2SP vkey text "<name>+<hash>+<base64>", for other people's tools.
[[nodiscard]] std::string verifier_key(std::string_view name, const crypto::PublicKey& key,
                                       NoteKeyKind kind = NoteKeyKind::ed25519);
// Not empty, no white space, no plus sign, no control character; valid UTF-8.
[[nodiscard]] bool is_note_key_name(std::string_view name);

struct NoteSignature {
    std::string name;
    NoteKeyId key_id{};
    Bytes signature;  // 64 bytes for Ed25519; other kinds are other people's
};

struct Note {
    std::string text;  // what is signed, the last newline included
    std::vector<NoteSignature> signatures;
};

// Strict: UTF-8 without control characters but LF, every line ended, 1 to 16 signatures.
// Errors: invalid_argument, resource_exhausted.
[[nodiscard]] Result<Note> parse_note(std::string_view note);

// A signature by `key` under `name` must be there, and each that claims to be must verify; signatures by
// others are not looked at. Errors: refused.
[[nodiscard]] Status verify_note(const Note& note, std::string_view name, const crypto::PublicKey& key);

// "— <name> <base64>" and a newline; `raw` is the key's id and the signature.
[[nodiscard]] std::string signature_line(std::string_view name, ByteView raw);
// `text` must end with a newline.
[[nodiscard]] std::string sign_note(std::string_view text, std::string_view name,
                                    const crypto::SigningKey& key);

}  // namespace signalbox::merkle
