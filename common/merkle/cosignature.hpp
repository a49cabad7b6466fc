// SPDX-License-Identifier: Apache-2.0
// Witnesses' signatures on checkpoints: C2SP tlog-cosignature (c2sp.org/tlog-cosignature), the Ed25519 kind.
// Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/crypto/keys.hpp"
#include "common/merkle/signed_note.hpp"

namespace signalbox::merkle {

struct Cosigner {
    std::string name;  // in the trust file the label of a key of role witness
    crypto::PublicKey key;
};

// A signature line, newline included, over the text of a checkpoint's note. `name` must be a note key's name.
[[nodiscard]] std::string cosign(std::string_view note_text, std::string_view name,
                                 const crypto::SigningKey& key, Instant now);

// When this cosigner says that the checkpoint was the newest it had seen; nothing when it has not signed. The
// newest when it signed more than once. Errors: refused (a line that claims to be its does not verify).
[[nodiscard]] Result<std::optional<Instant>> cosigned_at(const Note& note, const Cosigner& cosigner);

// C2SP vkey text for other people's tools.
[[nodiscard]] std::string cosigner_vkey(std::string_view name, const crypto::PublicKey& key);

}  // namespace signalbox::merkle
