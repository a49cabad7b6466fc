// SPDX-License-Identifier: Apache-2.0
#include "common/merkle/checkpoint.hpp"

#include <fmt/format.h>

#include "common/crypto/encoding.hpp"
#include "common/merkle/lines.hpp"
#include "common/merkle/signed_note.hpp"

namespace signalbox::merkle {
namespace {

Error wrong(std::string what) {
    return {Code::invalid_argument, "checkpoint: " + std::move(what)};
}

}  // namespace

std::string origin_of(std::string_view cluster_id) {
    return fmt::format("signalbox.dev/{}", cluster_id);
}

Result<Checkpoint> parse_checkpoint_text(std::string_view text) {
    Checkpoint checkpoint;
    checkpoint.origin = take_line(text);
    if (checkpoint.origin.empty()) return wrong("no origin");
    const std::string_view size = take_line(text);
    if (size.empty()) return wrong("no tree size");
    const auto entries = parse_decimal(size);
    if (!entries) return wrong(fmt::format("'{:.40}' is not a tree size", size));
    checkpoint.size = *entries;
    SB_TRY(checkpoint.root, parse_hash(take_line(text)).with_context("checkpoint: root hash"));
    while (!text.empty()) {  // extension lines: signed with the rest, without meaning to us
        if (take_line(text).empty()) return wrong("an empty extension line");
    }
    if (checkpoint.size == 0 && checkpoint.root != crypto::sha256("")) {
        return wrong("an empty tree with the root of another");
    }
    return checkpoint;
}

std::string sign_checkpoint(const Checkpoint& checkpoint, const crypto::SigningKey& ledger_key,
                            const std::vector<const crypto::SigningKey*>& also) {
    const std::string text = fmt::format("{}\n{}\n{}\n", checkpoint.origin, checkpoint.size,
                                         crypto::to_base64(checkpoint.root.view()));
    std::string note = sign_note(text, checkpoint.origin, ledger_key);
    for (const crypto::SigningKey* key : also) {
        const std::string other = sign_note(text, checkpoint.origin, *key);
        note += other.substr(text.size() + 1);  // its signature line alone
    }
    return note;
}

Result<Checkpoint> verify_checkpoint(std::string_view note, std::string_view origin,
                                     const crypto::PublicKey& key) {
    SB_TRY(const Note parsed, parse_note(note));
    SB_CHECK(verify_note(parsed, origin, key).with_context("checkpoint"));
    SB_TRY(Checkpoint checkpoint, parse_checkpoint_text(parsed.text));
    if (checkpoint.origin != origin) {
        return Error{Code::refused,
                     fmt::format("checkpoint: its origin is '{:.100}', not '{}'", checkpoint.origin, origin)};
    }
    return checkpoint;
}

}  // namespace signalbox::merkle
