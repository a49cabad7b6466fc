// SPDX-License-Identifier: Apache-2.0
#include "common/pki/key.hpp"

#include <fmt/format.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "common/pki/key_inner.hpp"

namespace signalbox::pki {
namespace {

constexpr std::size_t kMaxRequestBytes = 8 * 1024;

}  // namespace

Result<Pkey> generate_p256() {
    Pkey key(EVP_EC_gen("P-256"));
    if (!key) return openssl_error("making a P-256 key");
    return key;
}

Result<crypto::SecretBytes> key_to_pem(EVP_PKEY* key) {
    const Bio bio(BIO_new(BIO_s_secmem()));
    if (!bio || PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
        return openssl_error("writing a private key");
    char* data = nullptr;
    const auto size = BIO_get_mem_data(bio.get(), &data);
    return crypto::SecretBytes::from_text({data, static_cast<std::size_t>(size)});
}

Result<Pkey> key_from_pem(const crypto::SecretBytes& pem) {
    const ByteView bytes = pem.expose();
    return read_private_key({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

Result<Pkey> key_of_request(std::string_view csr_der) {
    if (csr_der.size() > kMaxRequestBytes)
        return Error(Code::invalid_argument,
                     fmt::format("a certificate request of {} bytes is not accepted", csr_der.size()));
    const auto* data = reinterpret_cast<const unsigned char*>(csr_der.data());
    const auto* end = data + csr_der.size();
    const Request request(d2i_X509_REQ(nullptr, &data, static_cast<long>(csr_der.size())));
    ERR_clear_error();
    if (!request || data != end)
        return Error(Code::invalid_argument, "not a certificate request (PKCS #10, DER)");
    Pkey key(X509_REQ_get_pubkey(request.get()));
    if (!is_p256(key.get()))
        return Error(Code::invalid_argument, "a certificate request must be for a P-256 key");
    const int verified = X509_REQ_verify(request.get(), key.get());
    ERR_clear_error();
    if (verified != 1)
        return Error(Code::refused, "the certificate request is not signed by the key that it is for");
    return key;
}

Result<KeyAndRequest> make_key_and_request() {
    SB_TRY(const auto key, generate_p256());
    const Request request(X509_REQ_new());
    if (!request || X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) != 1 ||
        X509_REQ_set_pubkey(request.get(), key.get()) != 1 ||
        X509_REQ_sign(request.get(), key.get(), EVP_sha256()) <= 0)
        return openssl_error("making a certificate request");
    unsigned char* data = nullptr;
    const int size = i2d_X509_REQ(request.get(), &data);
    if (size <= 0) return openssl_error("writing a certificate request");
    std::string der(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
    OPENSSL_free(data);
    SB_TRY(auto pem, key_to_pem(key.get()));
    return KeyAndRequest{std::move(pem), std::move(der)};
}

Status check_pair(std::string_view certificate_pem, const crypto::SecretBytes& key_pem) {
    SB_TRY(const auto certificate, read_certificate(certificate_pem));
    SB_TRY(const auto key, key_from_pem(key_pem));
    const int same = X509_check_private_key(certificate.get(), key.get());
    ERR_clear_error();
    if (same == 1) return {};
    return Error(Code::invalid_argument, "the certificate is not for this private key",
                 "Replace both together.");
}

}  // namespace signalbox::pki
