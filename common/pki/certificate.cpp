// SPDX-License-Identifier: Apache-2.0
#include "common/pki/certificate.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "common/pki/openssl.hpp"
#include "common/pki/sans_codec.hpp"

namespace signalbox::pki {
namespace {

using Store = std::unique_ptr<X509_STORE, Freed<X509_STORE_free>>;
using StoreContext = std::unique_ptr<X509_STORE_CTX, Freed<X509_STORE_CTX_free>>;

Result<std::string> der_of(X509* certificate) {
    unsigned char* data = nullptr;
    const int size = i2d_X509(certificate, &data);
    if (size <= 0) return openssl_error("writing a certificate");
    std::string der(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
    OPENSSL_free(data);
    return der;
}

}  // namespace

Result<CertificateInfo> parse_certificate(std::string_view pem_or_der) {
    SB_TRY(const auto certificate, read_certificate(pem_or_der));
    CertificateInfo info;
    SB_TRY(info.names, decode(certificate.get()));
    info.serial = serial_hex(certificate.get());
    SB_TRY(info.not_before, to_instant(X509_get0_notBefore(certificate.get())));
    SB_TRY(info.not_after, to_instant(X509_get0_notAfter(certificate.get())));
    info.is_ca = X509_check_ca(certificate.get()) == 1;
    SB_TRY(const auto der, der_of(certificate.get()));
    info.sha256 = crypto::sha256(der);
    return info;
}

Result<std::string> single_uri(const CertificateInfo& certificate) {
    if (certificate.names.uris.size() == 1) return certificate.names.uris.front();
    return Error(Code::invalid_argument, fmt::format("certificate {} has {} URI names, not exactly one",
                                                     certificate.serial, certificate.names.uris.size()));
}

std::string agent_uri(std::string_view cluster_id, std::string_view agent_id) {
    return fmt::format("spiffe://{}/agent/{}", cluster_id, agent_id);
}

std::string controller_uri(std::string_view cluster_id) {
    return fmt::format("spiffe://{}/controller", cluster_id);
}

Status check_issued_by(std::string_view certificate, std::string_view authority, Purpose purpose,
                       Instant now) {
    SB_TRY(const auto leaf, read_certificate(certificate));
    SB_TRY(const auto ca, read_certificate(authority));
    const Store store(X509_STORE_new());
    const StoreContext context(X509_STORE_CTX_new());
    if (!store || !context || X509_STORE_add_cert(store.get(), ca.get()) != 1 ||
        X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), nullptr) != 1)
        return openssl_error("preparing to verify a certificate");
    X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(context.get());
    X509_VERIFY_PARAM_set_time(rules, unix_seconds(now));
    X509_VERIFY_PARAM_set_depth(rules, 0);
    X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_X509_STRICT);
    X509_VERIFY_PARAM_set_purpose(
        rules, purpose == Purpose::client ? X509_PURPOSE_SSL_CLIENT : X509_PURPOSE_SSL_SERVER);
    const int verified = X509_verify_cert(context.get());
    ERR_clear_error();
    if (verified == 1) return {};
    return Error(Code::refused,
                 fmt::format("certificate {} is not accepted: {}", serial_hex(leaf.get()),
                             X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()))));
}

std::vector<std::string> split_pem(std::string_view pem) {
    constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
    constexpr std::string_view kEnd = "-----END CERTIFICATE-----";
    std::vector<std::string> out;
    for (;;) {
        const auto from = pem.find(kBegin);
        const auto to = from == std::string_view::npos ? from : pem.find(kEnd, from);
        if (to == std::string_view::npos) return out;
        out.push_back(std::string(pem.substr(from, to + kEnd.size() - from)) + "\n");
        pem.remove_prefix(to + kEnd.size());
    }
}

Result<std::string> pem_to_der(std::string_view pem) {
    SB_TRY(const auto certificate, read_certificate(pem));
    return der_of(certificate.get());
}

Result<std::string> der_to_pem(std::string_view der) {
    SB_TRY(const auto certificate, read_certificate(der));
    return to_pem(certificate.get());
}

}  // namespace signalbox::pki
