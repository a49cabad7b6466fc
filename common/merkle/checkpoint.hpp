// SPDX-License-Identifier: Apache-2.0
// Checkpoints: C2SP tlog-checkpoint in a C2SP signed-note (c2sp.org/tlog-checkpoint, c2sp.org/signed-note).
// Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/crypto/digest.hpp"
#include "common/crypto/keys.hpp"

namespace signalbox::merkle {

struct Checkpoint {
    std::string origin;  // "signalbox.dev/<cluster_id>"
    std::uint64_t size = 0;
    crypto::Digest root;
    friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

[[nodiscard]] std::string origin_of(std::string_view cluster_id);

// The whole note: body, blank line, one signature line named after the origin.
// While the ledger's key is changed there are more: `also`, one line each, after the first.
[[nodiscard]] std::string sign_checkpoint(const Checkpoint& checkpoint, const crypto::SigningKey& ledger_key,
                                          const std::vector<const crypto::SigningKey*>& also = {});
// The text of a note, whoever signed it. Errors: invalid_argument.
[[nodiscard]] Result<Checkpoint> parse_checkpoint_text(std::string_view text);
// Strict: at most 16 signatures, LF only, no leading zeros, 32-byte root, size < 2^63. Unknown signatures are
// ignored, but one by `key` under the name `origin` must be there and verify. Errors: invalid_argument,
// refused.
[[nodiscard]] Result<Checkpoint> verify_checkpoint(std::string_view note, std::string_view origin,
                                                   const crypto::PublicKey& key);

}  // namespace signalbox::merkle
