// SPDX-License-Identifier: Apache-2.0
#include "common/merkle/checkpoint.hpp"

#include <fmt/format.h>

#include <charconv>

#include "common/crypto/encoding.hpp"
#include "common/merkle/signed_note.hpp"

namespace signalbox::merkle {
namespace {

Error wrong(std::string what) {
    return {Code::invalid_argument, "checkpoint: " + std::move(what)};
}

// The text up to the next newline; `rest` moves behind it. The note's parser saw that every line is ended.
std::string_view take_line(std::string_view& rest) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) return {};
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return line;
}

Result<std::uint64_t> parse_size(std::string_view text) {
    std::int64_t size = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
    const bool whole = error == std::errc{} && end == text.data() + text.size() && text.front() != '-';
    if (!whole || (text.size() > 1 && text.front() == '0')) {
        return wrong(fmt::format("'{:.40}' is not a tree size", text));
    }
    return static_cast<std::uint64_t>(size);
}

Result<Checkpoint> parse_body(std::string_view text) {
    Checkpoint checkpoint;
    checkpoint.origin = take_line(text);
    if (checkpoint.origin.empty()) return wrong("no origin");
    const std::string_view size = take_line(text);
    if (size.empty()) return wrong("no tree size");
    SB_TRY(checkpoint.size, parse_size(size));
    SB_TRY(const Bytes root, crypto::from_base64(take_line(text)).with_context("checkpoint: root hash"));
    SB_TRY(checkpoint.root, crypto::digest_from_bytes(root).with_context("checkpoint: root hash"));
    while (!text.empty()) {  // extension lines: signed with the rest, without meaning to us
        if (take_line(text).empty()) return wrong("an empty extension line");
    }
    if (checkpoint.size == 0 && checkpoint.root != crypto::sha256("")) {
        return wrong("an empty tree with the root of another");
    }
    return checkpoint;
}

}  // namespace

std::string origin_of(std::string_view cluster_id) {
    return fmt::format("signalbox.dev/{}", cluster_id);
}

std::string sign_checkpoint(const Checkpoint& checkpoint, const crypto::SigningKey& ledger_key) {
    return sign_note(fmt::format("{}\n{}\n{}\n", checkpoint.origin, checkpoint.size,
                                 crypto::to_base64(checkpoint.root.view())),
                     checkpoint.origin, ledger_key);
}

Result<Checkpoint> verify_checkpoint(std::string_view note, std::string_view origin,
                                     const crypto::PublicKey& key) {
    SB_TRY(const Note parsed, parse_note(note));
    SB_CHECK(verify_note(parsed, origin, key).with_context("checkpoint"));
    SB_TRY(Checkpoint checkpoint, parse_body(parsed.text));
    if (checkpoint.origin != origin) {
        return Error{Code::refused,
                     fmt::format("checkpoint: its origin is '{:.100}', not '{}'", checkpoint.origin, origin)};
    }
    return checkpoint;
}

std::string verifier_key(std::string_view name, const crypto::PublicKey& key) {
    Bytes raw{0x01};
    raw.insert(raw.end(), key.bytes().begin(), key.bytes().end());
    return fmt::format("{}+{}+{}", name, crypto::to_hex(note_key_id(name, key)), crypto::to_base64(raw));
}

}  // namespace signalbox::merkle
