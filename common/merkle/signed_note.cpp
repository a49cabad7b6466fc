// SPDX-License-Identifier: Apache-2.0
#include "common/merkle/signed_note.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/utf8.hpp"
#include "common/crypto/digest.hpp"
#include "common/crypto/encoding.hpp"

namespace signalbox::merkle {
namespace {

constexpr std::string_view kDash = "\xe2\x80\x94 ";  // U+2014 and a space
constexpr std::size_t kKeyIdBytes = 4;

Error wrong(std::string what) {
    return {Code::invalid_argument, "signed note: " + std::move(what)};
}

Result<NoteSignature> parse_line(std::string_view line) {
    if (!line.starts_with(kDash)) return wrong("a signature line does not start with an em dash");
    line.remove_prefix(kDash.size());
    const std::size_t space = line.find(' ');
    if (space == 0 || space == std::string_view::npos) return wrong("a signature line has no name");
    NoteSignature signature;
    signature.name = line.substr(0, space);
    if (!is_note_key_name(signature.name)) return wrong("a key name holds a space or a plus sign");
    SB_TRY(const Bytes raw, crypto::from_base64(line.substr(space + 1)).with_context("signed note"));
    if (raw.size() <= kKeyIdBytes) return wrong("a signature is too short");
    const auto rest = raw.begin() + kKeyIdBytes;
    std::copy(raw.begin(), rest, signature.key_id.begin());
    signature.signature.assign(rest, raw.end());
    return signature;
}

}  // namespace

crypto::Digest note_key_hash(std::string_view name, const crypto::PublicKey& key, NoteKeyKind kind) {
    crypto::Sha256 hash;
    hash.update(as_bytes(name));
    hash.update(Bytes{'\n', static_cast<std::uint8_t>(kind)});
    hash.update(key.bytes());
    return hash.finish();
}

NoteKeyId note_key_id(std::string_view name, const crypto::PublicKey& key, NoteKeyKind kind) {
    const crypto::Digest digest = note_key_hash(name, key, kind);
    NoteKeyId id{};
    std::copy_n(digest.bytes.begin(), id.size(), id.begin());
    return id;
}

std::string verifier_key(std::string_view name, const crypto::PublicKey& key, NoteKeyKind kind) {
    Bytes raw{static_cast<std::uint8_t>(kind)};
    raw.insert(raw.end(), key.bytes().begin(), key.bytes().end());
    return fmt::format("{}+{}+{}", name, crypto::to_hex(note_key_id(name, key, kind)),
                       crypto::to_base64(raw));
}

bool is_note_key_name(std::string_view name) {
    const bool plain = std::none_of(name.begin(), name.end(), [](char c) {
        return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '+';
    });
    return !name.empty() && plain && as_utf8(name) == name;
}

Result<Note> parse_note(std::string_view note) {
    if (note.size() > kMaxNoteBytes) {
        return Error{Code::resource_exhausted, fmt::format("signed note: {} bytes; at most {} are allowed",
                                                           note.size(), kMaxNoteBytes)};
    }
    const bool control = std::any_of(note.begin(), note.end(), [](char c) {
        return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f;
    });
    if (control) return wrong("control characters, or lines that end with CR");
    if (as_utf8(note) != note) return wrong("it is not UTF-8");
    const std::size_t blank = note.rfind("\n\n");
    if (blank == std::string_view::npos || blank == 0) return wrong("no blank line before the signatures");
    if (!note.ends_with('\n')) return wrong("the last line is not ended");
    Note out;
    out.text = note.substr(0, blank + 1);
    std::string_view rest = note.substr(blank + 2);
    while (!rest.empty()) {
        const std::size_t end = rest.find('\n');
        if (out.signatures.size() == kMaxNoteSignatures) return wrong("more than 16 signatures");
        SB_TRY(NoteSignature signature, parse_line(rest.substr(0, end)));
        out.signatures.push_back(std::move(signature));
        rest.remove_prefix(end + 1);
    }
    if (out.signatures.empty()) return wrong("no signature");
    return out;
}

Status verify_note(const Note& note, std::string_view name, const crypto::PublicKey& key) {
    const NoteKeyId id = note_key_id(name, key);
    bool found = false;
    for (const NoteSignature& each : note.signatures) {
        if (each.name != name || each.key_id != id) continue;
        const auto signature = crypto::signature_from_bytes(each.signature);
        if (!signature || !key.verify(as_bytes(note.text), *signature)) {
            return Error{Code::refused, fmt::format("the signature of {} does not verify", name)};
        }
        found = true;
    }
    if (!found) {
        return Error{Code::refused, fmt::format("no signature of {} by the expected key", name)};
    }
    return {};
}

std::string signature_line(std::string_view name, ByteView raw) {
    return fmt::format("{}{} {}\n", kDash, name, crypto::to_base64(raw));
}

std::string sign_note(std::string_view text, std::string_view name, const crypto::SigningKey& key) {
    const NoteKeyId id = note_key_id(name, key.public_key());
    const crypto::Signature signature = key.sign_now(as_bytes(text));
    Bytes raw(id.begin(), id.end());
    raw.insert(raw.end(), signature.begin(), signature.end());
    return fmt::format("{}\n{}", text, signature_line(name, raw));
}

}  // namespace signalbox::merkle
