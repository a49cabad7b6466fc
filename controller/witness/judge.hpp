// SPDX-License-Identifier: Apache-2.0
// What a witness answers to add-checkpoint (c2sp.org/tlog-witness), decided without touching anything. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/crypto/keys.hpp"
#include "common/merkle/checkpoint.hpp"

namespace signalbox::witness {

// A log that the witness follows.
struct Log {
    std::string origin;
    std::vector<crypto::PublicKey> keys;  // any of them signs its checkpoints
};

struct Verdict {
    int status = 400;  // of HTTP, as the specification has them
    std::string why;   // in words; empty with 200
    // With 200: to be remembered before the cosignature leaves.
    std::optional<merkle::Checkpoint> accepted;
    std::string note_text;  // what to cosign
    // With 409: the size that was cosigned last.
    std::optional<std::uint64_t> size;
    // Signed by the log, and not an extension of what was cosigned: keep the request as evidence.
    bool suspicious = false;
};

// The last checkpoint that was cosigned for this origin.
using Seen = std::function<Result<std::optional<merkle::Checkpoint>>(const std::string& origin)>;

// Errors: those of `seen`; then nothing may be cosigned.
[[nodiscard]] Result<Verdict> judge(std::string_view body, const std::vector<Log>& logs, const Seen& seen);

}  // namespace signalbox::witness
