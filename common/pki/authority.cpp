// SPDX-License-Identifier: Apache-2.0
#include "common/pki/authority.hpp"

#include <fmt/format.h>
#include <openssl/err.h>

#include <algorithm>

#include "common/pki/certificate.hpp"
#include "common/pki/key.hpp"
#include "common/pki/key_inner.hpp"
#include "common/pki/openssl.hpp"
#include "common/pki/sans_codec.hpp"

namespace signalbox::pki {
namespace {

// 16 random bytes, positive and not zero (RFC 5280 4.1.2.2 allows 20).
Status set_serial(X509* certificate, crypto::Random& random) {
    Bytes bytes = random.bytes(16);
    bytes[0] = static_cast<std::uint8_t>((bytes[0] & 0x7f) | 0x40);
    std::unique_ptr<BIGNUM, Freed<BN_free>> number(
        BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
    if (!number || BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) == nullptr)
        return openssl_error("setting a serial number");
    return {};
}

Status set_validity(X509* certificate, Instant from, Instant to) {
    if (ASN1_TIME_set(X509_getm_notBefore(certificate), unix_seconds(from)) == nullptr ||
        ASN1_TIME_set(X509_getm_notAfter(certificate), unix_seconds(to)) == nullptr)
        return openssl_error("setting a validity");
    return {};
}

// `value` is one of our own constants: OpenSSL's configuration syntax.
Status add_extension(X509* certificate, X509* issuer, int kind, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value));
    if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1)
        return openssl_error("adding an extension");
    return {};
}

// In this order: the authority's key id is the issuer's.
Status add_authority_extensions(X509* certificate, X509* issuer) {
    SB_CHECK(add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:TRUE,pathlen:0"));
    SB_CHECK(add_extension(certificate, issuer, NID_key_usage, "critical,keyCertSign,cRLSign"));
    SB_CHECK(add_extension(certificate, issuer, NID_subject_key_identifier, "hash"));
    return add_extension(certificate, issuer, NID_authority_key_identifier, "keyid:always");
}

Status set_common_name(X509_NAME* name, const std::string& text) {
    if (X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()), -1, 0) != 1)
        return openssl_error("setting a subject");
    return {};
}

Status check_valid(Instant not_before, Instant not_after, Instant now) {
    if (now >= not_before && now < not_after) return {};
    return Error(Code::failed_precondition,
                 fmt::format("the authority's certificate is valid from {} to {}, it is {}",
                             to_rfc3339(not_before), to_rfc3339(not_after), to_rfc3339(now)),
                 "Check the clock; if it is right, make a new authority.");
}

bool is_cluster_id(std::string_view id) {
    return !id.empty() && id.size() <= 40 && std::all_of(id.begin(), id.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

}  // namespace

Result<AuthorityFiles> create_authority(std::string_view cluster_id, Instant now, crypto::Random& random) {
    if (!is_cluster_id(cluster_id))
        return Error(Code::invalid_argument, fmt::format("\"{}\" is not a cluster id", cluster_id),
                     "Use 1 to 40 of a-z, 0-9 and '-'.");
    SB_TRY(const auto key, generate_p256());
    const Cert made(X509_new());
    X509* ca = made.get();
    if (ca == nullptr || X509_set_version(ca, X509_VERSION_3) != 1 || X509_set_pubkey(ca, key.get()) != 1)
        return openssl_error("making a certificate");
    SB_CHECK(set_serial(ca, random));
    SB_CHECK(set_validity(ca, now - std::chrono::seconds(60), now + std::chrono::days(3652)));
    SB_CHECK(set_common_name(X509_get_subject_name(ca), fmt::format("signalbox {}", cluster_id)));
    if (X509_set_issuer_name(ca, X509_get_subject_name(ca)) != 1) return openssl_error("setting an issuer");
    SB_CHECK(add_authority_extensions(ca, ca));
    if (X509_sign(ca, key.get(), EVP_sha256()) <= 0) return openssl_error("signing a certificate");
    SB_TRY(auto pem, to_pem(ca));
    SB_TRY(auto key_pem, key_to_pem(key.get()));
    return AuthorityFiles{std::move(pem), std::move(key_pem)};
}

struct Authority::State {
    Cert certificate;
    Pkey key;
    std::string pem;
    std::string fingerprint;
    Instant not_before{}, not_after{};
};

Authority::Authority(std::unique_ptr<State> state) : state_(std::move(state)) {}
Authority::Authority(Authority&&) noexcept = default;
Authority& Authority::operator=(Authority&&) noexcept = default;
Authority::~Authority() = default;

const std::string& Authority::certificate_pem() const {
    return state_->pem;
}
const std::string& Authority::fingerprint() const {
    return state_->fingerprint;
}
Instant Authority::not_before() const {
    return state_->not_before;
}
Instant Authority::not_after() const {
    return state_->not_after;
}

Result<Authority> Authority::load(std::string_view certificate_pem, const crypto::SecretBytes& key_pem) {
    auto state = std::make_unique<State>();
    SB_TRY(state->certificate, read_certificate(certificate_pem));
    SB_TRY(state->key, key_from_pem(key_pem));
    if (X509_check_ca(state->certificate.get()) != 1)
        return Error(Code::invalid_argument, "the certificate is not one of an authority");
    SB_CHECK(check_pair(certificate_pem, key_pem));
    SB_TRY(state->not_before, to_instant(X509_get0_notBefore(state->certificate.get())));
    SB_TRY(state->not_after, to_instant(X509_get0_notAfter(state->certificate.get())));
    SB_TRY(state->pem, to_pem(state->certificate.get()));
    SB_TRY(const auto info, parse_certificate(state->pem));
    state->fingerprint = info.sha256.hex();
    return Authority(std::move(state));
}

Result<IssuedLeaf> Authority::issue(std::string_view csr_der, const LeafProfile& profile, Instant now,
                                    crypto::Random& random) const {
    if (!profile.client && !profile.server)
        return Error(Code::invalid_argument, "a certificate must be for a client, a server or both");
    SB_CHECK(check_valid(state_->not_before, state_->not_after, now));
    SB_TRY(const auto key, key_of_request(csr_der));
    SB_TRY(const auto names, encode(profile.names));
    // Whole seconds, as certificates have; a leaf never outlives its issuer.
    const Instant from = from_unix_seconds(unix_seconds(now - profile.backdate));
    const Instant to = std::min(from_unix_seconds(unix_seconds(now + profile.life)), state_->not_after);

    const Cert made(X509_new());
    X509* leaf = made.get();
    if (leaf == nullptr || X509_set_version(leaf, X509_VERSION_3) != 1 ||
        X509_set_pubkey(leaf, key.get()) != 1 ||
        X509_set_issuer_name(leaf, X509_get_subject_name(state_->certificate.get())) != 1)
        return openssl_error("making a certificate");
    SB_CHECK(set_serial(leaf, random));
    SB_CHECK(set_validity(leaf, from, to));
    SB_CHECK(set_common_name(X509_get_subject_name(leaf),
                             profile.server ? "signalbox controller" : "signalbox agent"));
    X509* ca = state_->certificate.get();
    SB_CHECK(add_extension(leaf, ca, NID_basic_constraints, "critical,CA:FALSE"));
    SB_CHECK(add_extension(leaf, ca, NID_key_usage, "critical,digitalSignature"));
    SB_CHECK(add_extension(leaf, ca, NID_ext_key_usage,
                           profile.client && profile.server ? "serverAuth,clientAuth"
                           : profile.client                 ? "clientAuth"
                                                            : "serverAuth"));
    SB_CHECK(add_extension(leaf, ca, NID_subject_key_identifier, "hash"));
    SB_CHECK(add_extension(leaf, ca, NID_authority_key_identifier, "keyid:always"));
    if (X509_add1_ext_i2d(leaf, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT) != 1)
        return openssl_error("adding the subject names");
    if (X509_sign(leaf, state_->key.get(), EVP_sha256()) <= 0) return openssl_error("signing a certificate");
    SB_TRY(auto pem, to_pem(leaf));
    return IssuedLeaf{std::move(pem), serial_hex(leaf), from, to};
}

Result<std::string> Authority::endorse(const Authority& next, Instant now, crypto::Random& random) const {
    SB_CHECK(check_valid(state_->not_before, state_->not_after, now));
    X509* ca = state_->certificate.get();
    X509* other = next.state_->certificate.get();
    const Cert made(X509_new());
    X509* cross = made.get();
    if (cross == nullptr || X509_set_version(cross, X509_VERSION_3) != 1 ||
        X509_set_pubkey(cross, X509_get0_pubkey(other)) != 1 ||
        X509_set_subject_name(cross, X509_get_subject_name(other)) != 1 ||
        X509_set_issuer_name(cross, X509_get_subject_name(ca)) != 1)
        return openssl_error("making a certificate");
    SB_CHECK(set_serial(cross, random));
    SB_CHECK(
        set_validity(cross, now - std::chrono::seconds(60), std::min(state_->not_after, next.not_after())));
    SB_CHECK(add_authority_extensions(cross, ca));
    if (X509_sign(cross, state_->key.get(), EVP_sha256()) <= 0) return openssl_error("signing a certificate");
    return to_pem(cross);
}

}  // namespace signalbox::pki
