// SPDX-License-Identifier: Apache-2.0
#include "common/pki/openssl.hpp"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "common/crypto/encoding.hpp"

namespace signalbox::pki {
namespace {

constexpr std::size_t kMaxCertificateBytes = 64 * 1024;

// PEM may ask for a password: there is none here, and nobody at a terminal.
int no_password(char*, int, int, void*) {
    return -1;
}

}  // namespace

Error openssl_error(std::string_view doing) {
    const auto code = ERR_get_error();
    ERR_clear_error();
    const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    return {Code::internal, fmt::format("{}: {}", doing, reason == nullptr ? "unknown reason" : reason)};
}

std::string text_of(BIO* bio) {
    char* data = nullptr;
    const auto size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

Bio reading(std::string_view text) {
    return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Result<Cert> read_certificate(std::string_view pem_or_der) {
    if (pem_or_der.empty() || pem_or_der.size() > kMaxCertificateBytes)
        return Error(Code::invalid_argument,
                     fmt::format("a certificate of {} bytes is not accepted", pem_or_der.size()));
    Cert cert;
    if (pem_or_der[0] == '-') {
        const Bio bio = reading(pem_or_der);
        cert.reset(PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr));
    } else {
        const auto* data = reinterpret_cast<const unsigned char*>(pem_or_der.data());
        const auto* end = data + pem_or_der.size();
        cert.reset(d2i_X509(nullptr, &data, static_cast<long>(pem_or_der.size())));
        if (cert && data != end) cert.reset();
    }
    ERR_clear_error();
    if (!cert) return Error(Code::invalid_argument, "these bytes are not an X.509 certificate (PEM or DER)");
    return cert;
}

Result<std::string> to_pem(X509* certificate) {
    const Bio bio(BIO_new(BIO_s_mem()));
    if (!bio || PEM_write_bio_X509(bio.get(), certificate) != 1)
        return openssl_error("writing a certificate");
    return text_of(bio.get());
}

Result<Pkey> read_private_key(std::string_view pem) {
    const Bio bio = reading(pem);
    Pkey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
    ERR_clear_error();
    if (!key || !is_p256(key.get()))
        return Error(Code::invalid_argument, "not a P-256 private key in PEM without a password");
    return key;
}

bool is_p256(EVP_PKEY* key) {
    if (key == nullptr || EVP_PKEY_get_base_id(key) != EVP_PKEY_EC) return false;
    std::array<char, 64> group{};
    std::size_t length = 0;
    if (EVP_PKEY_get_group_name(key, group.data(), group.size(), &length) != 1) return false;
    return std::string_view(group.data(), length) == "prime256v1";
}

Result<Instant> to_instant(const ASN1_TIME* time) {
    std::tm fields{};
    if (ASN1_TIME_to_tm(time, &fields) != 1)
        return Error(Code::invalid_argument, "a certificate has a time that cannot be read");
    const auto day = std::chrono::year(fields.tm_year + 1900) /
                     std::chrono::month(static_cast<unsigned>(fields.tm_mon + 1)) /
                     std::chrono::day(static_cast<unsigned>(fields.tm_mday));
    const auto seconds = std::chrono::sys_days(day).time_since_epoch() + std::chrono::hours(fields.tm_hour) +
                         std::chrono::minutes(fields.tm_min) + std::chrono::seconds(fields.tm_sec);
    // Instant ends in 2262: a later date in a foreign certificate must not wrap around.
    constexpr auto kLatest = std::chrono::floor<std::chrono::seconds>(Instant::max().time_since_epoch());
    return Instant(std::min(std::chrono::seconds(seconds), kLatest));
}

std::string serial_hex(const X509* certificate) {
    const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate);
    return crypto::to_hex(
        {ASN1_STRING_get0_data(serial), static_cast<std::size_t>(ASN1_STRING_length(serial))});
}

}  // namespace signalbox::pki
