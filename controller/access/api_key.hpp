// SPDX-License-Identifier: Apache-2.0
// The text form of an API key and the bootstrap file. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/crypto/digest.hpp"
#include "common/crypto/random.hpp"
#include "controller/access/store.hpp"

namespace signalbox::access {

struct ApiKeyText {
    std::string id;      // 12 lower-case hex digits
    std::string secret;  // 43 characters of base64url: 256 bits

    [[nodiscard]] std::string line() const { return "sbk_" + id + "_" + secret; }
};

[[nodiscard]] ApiKeyText generate_api_key(crypto::Random& random);
// Errors: invalid_argument; the message never repeats the text.
[[nodiscard]] Result<ApiKeyText> parse_api_key(std::string_view text);

// {"id","name","role","key_sha256"}: the first administrator's key, written by `signalbox init`.
// Errors: invalid_argument.
[[nodiscard]] Result<ApiKey> parse_bootstrap(std::string_view text, Instant now);

// 1 to 64 of [A-Za-z0-9._@-]: it goes into logs, the ledger and terminals.
[[nodiscard]] Status check_name(std::string_view name);

}  // namespace signalbox::access
