// SPDX-License-Identifier: Apache-2.0
#include "common/merkle/cosignature.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/crypto/encoding.hpp"

namespace signalbox::merkle {
namespace {

constexpr std::size_t kTimeBytes = 8;
constexpr std::size_t kSignatureBytes = 64;

std::string message_of(std::uint64_t seconds, std::string_view note_text) {
    return fmt::format("cosignature/v1\ntime {}\n{}", seconds, note_text);
}

// Refused unless it verifies.
Result<std::uint64_t> verified_time(const NoteSignature& line, std::string_view note_text,
                                    const Cosigner& cosigner) {
    const Error refused{Code::refused, fmt::format("the cosignature of {} does not verify", cosigner.name)};
    if (line.signature.size() != kTimeBytes + kSignatureBytes) return refused;
    std::uint64_t seconds = 0;
    for (std::size_t i = 0; i < kTimeBytes; ++i) seconds = seconds << 8 | line.signature[i];
    if (seconds > static_cast<std::uint64_t>(unix_seconds(Instant::max()))) return refused;
    const auto signature = crypto::signature_from_bytes(ByteView(line.signature).subspan(kTimeBytes));
    if (!signature || !cosigner.key.verify(as_bytes(message_of(seconds, note_text)), *signature))
        return refused;
    return seconds;
}

}  // namespace

std::string cosign(std::string_view note_text, std::string_view name, const crypto::SigningKey& key,
                   Instant now) {
    const auto seconds = static_cast<std::uint64_t>(std::max<std::int64_t>(unix_seconds(now), 0));
    const NoteKeyId id = note_key_id(name, key.public_key(), NoteKeyKind::cosignature);
    Bytes raw(id.begin(), id.end());
    for (int shift = 56; shift >= 0; shift -= 8) raw.push_back(static_cast<std::uint8_t>(seconds >> shift));
    const crypto::Signature signature = key.sign_now(as_bytes(message_of(seconds, note_text)));
    raw.insert(raw.end(), signature.begin(), signature.end());
    return signature_line(name, raw);
}

Result<std::optional<Instant>> cosigned_at(const Note& note, const Cosigner& cosigner) {
    const NoteKeyId id = note_key_id(cosigner.name, cosigner.key, NoteKeyKind::cosignature);
    std::optional<Instant> newest;
    for (const NoteSignature& line : note.signatures) {
        if (line.name != cosigner.name || line.key_id != id) continue;
        SB_TRY(const std::uint64_t seconds, verified_time(line, note.text, cosigner));
        const Instant at = from_unix_seconds(static_cast<std::int64_t>(seconds));
        newest = newest ? std::max(*newest, at) : at;
    }
    return newest;
}

std::string cosigner_vkey(std::string_view name, const crypto::PublicKey& key) {
    return verifier_key(name, key, NoteKeyKind::cosignature);
}

}  // namespace signalbox::merkle
