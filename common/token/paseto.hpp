// SPDX-License-Identifier: Apache-2.0
// The shape of a PASETO v4.public text (github.com/paseto-standard/paseto-spec,
// docs/01-Protocol-Versions/Version4.md and docs/01-Protocol-Versions/Common.md). Private to common/token.
// Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/crypto/keys.hpp"

namespace signalbox::token::paseto {

struct Parts {
    std::string message;
    crypto::Signature signature{};
    std::string footer;  // empty when there is none
};

// Errors: invalid_argument (another version or purpose, not strict base64url, too short, too many parts).
[[nodiscard]] Result<Parts> split(std::string_view text);
[[nodiscard]] std::string join(const Parts& parts);

// What the signature covers: PAE(header, message, footer, implicit assertion).
[[nodiscard]] std::string signed_bytes(std::string_view message, std::string_view footer,
                                       std::string_view implicit);

}  // namespace signalbox::token::paseto
