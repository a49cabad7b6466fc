// SPDX-License-Identifier: Apache-2.0
// A withdrawal: one approver takes an approval back, or a standing approval. A host that has seen it starts
// nothing under that approval any more. Pure. Format: docs/formats/withdrawal.md.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/crypto/digest.hpp"
#include "common/model/ids.hpp"
#include "common/trust/trust_file.hpp"

namespace signalbox::trust {

inline constexpr std::string_view kWithdrawalPredicate = "https://signalbox.dev/withdrawal/v1";
inline constexpr std::size_t kMaxWithdrawalBytes = 16 * 1024;

struct Withdrawal {
    ClusterId cluster_id;
    std::string environment;
    crypto::Digest approval_sha256;  // of the payload of the approval, or of the standing approval
    std::string name;                // for people: the release's id, or the standing approval's name
    std::string reason;
    Instant at{};
};

// The canonical statement: the bytes that its approver signs.
[[nodiscard]] std::string serialize(const Withdrawal& withdrawal);
[[nodiscard]] Result<Withdrawal> parse_withdrawal(std::string_view payload);

struct VerifiedWithdrawal {
    Withdrawal withdrawal;
    crypto::KeyId kid;  // who signed
};
// Exactly one signature, by a key that holds an approval role of the environment; this cluster. One person is
// enough: a withdrawal only ever stops. Errors: refused ("R_APPROVAL: …"), invalid_argument,
// resource_exhausted.
[[nodiscard]] Result<VerifiedWithdrawal> verify_withdrawal(const TrustFile& trust,
                                                           std::string_view dsse_text);

}  // namespace signalbox::trust
