// SPDX-License-Identifier: Apache-2.0
// Owners of OpenSSL's objects and its errors as ours. Inner to this module: no public header includes it.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/base/time.hpp"

namespace signalbox::pki {

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* object) const noexcept {
        Free(object);
    }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free>>;
using Pkey = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Cert = std::unique_ptr<X509, Freed<X509_free>>;
using Request = std::unique_ptr<X509_REQ, Freed<X509_REQ_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>>;

// internal, with the reason of OpenSSL's first queued error; empties the queue.
[[nodiscard]] Error openssl_error(std::string_view doing);

[[nodiscard]] std::string text_of(BIO* bio);
[[nodiscard]] Bio reading(std::string_view text);
// Exactly one certificate, PEM or DER, at most 64 KiB. Errors: invalid_argument.
[[nodiscard]] Result<Cert> read_certificate(std::string_view pem_or_der);
[[nodiscard]] Result<std::string> to_pem(X509* certificate);
// A P-256 key. Errors: invalid_argument.
[[nodiscard]] Result<Pkey> read_private_key(std::string_view pem);
[[nodiscard]] bool is_p256(EVP_PKEY* key);
[[nodiscard]] Result<Instant> to_instant(const ASN1_TIME* time);
[[nodiscard]] std::string serial_hex(const X509* certificate);

}  // namespace signalbox::pki
