// SPDX-License-Identifier: Apache-2.0
// P-256 keys for TLS, and certificate signing requests (PKCS #10, RFC 2986). Stateless; thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/crypto/secret_bytes.hpp"

namespace signalbox::pki {

struct KeyAndRequest {
    crypto::SecretBytes key_pem;  // PKCS #8, not encrypted: write it with mode 0600
    std::string csr_der;
};

// A fresh key and a request signed by it. The request names nothing: the authority decides the names.
[[nodiscard]] Result<KeyAndRequest> make_key_and_request();

// Errors: invalid_argument when the certificate is not for this key (a torn pair refuses every handshake).
[[nodiscard]] Status check_pair(std::string_view certificate_pem, const crypto::SecretBytes& key_pem);

}  // namespace signalbox::pki
