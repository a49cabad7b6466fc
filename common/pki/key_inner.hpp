// SPDX-License-Identifier: Apache-2.0
// Keys and requests as OpenSSL's objects. Inner to this module.
#pragma once

#include "common/crypto/secret_bytes.hpp"
#include "common/pki/openssl.hpp"

namespace signalbox::pki {

[[nodiscard]] Result<Pkey> generate_p256();
[[nodiscard]] Result<crypto::SecretBytes> key_to_pem(EVP_PKEY* key);
[[nodiscard]] Result<Pkey> key_from_pem(const crypto::SecretBytes& pem);
// The key of a request whose own signature verifies. Errors: invalid_argument (not DER of a request, over 8
// KiB, not P-256), refused (the signature).
[[nodiscard]] Result<Pkey> key_of_request(std::string_view csr_der);

}  // namespace signalbox::pki
