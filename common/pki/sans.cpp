// SPDX-License-Identifier: Apache-2.0
#include "common/pki/sans.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/pki/sans_codec.hpp"

namespace signalbox::pki {
namespace {

Status push(GENERAL_NAMES* names, int type, ASN1_STRING* value) {
    GENERAL_NAME* name = GENERAL_NAME_new();
    if (name == nullptr) return openssl_error("making a subject name");
    GENERAL_NAME_set0_value(name, type, value);
    if (sk_GENERAL_NAME_push(names, name) > 0) return {};
    GENERAL_NAME_free(name);
    return openssl_error("making a subject name");
}

Status push_text(GENERAL_NAMES* names, int type, const std::string& text) {
    const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
    if (text.empty() || text.size() > 512 || !printable)
        return Error(Code::invalid_argument, fmt::format("\"{}\" cannot be a certificate's name", text));
    ASN1_STRING* value = ASN1_IA5STRING_new();
    if (value == nullptr || ASN1_STRING_set(value, text.data(), static_cast<int>(text.size())) != 1) {
        ASN1_STRING_free(value);
        return openssl_error("making a subject name");
    }
    return push(names, type, value);
}

Status push_ip(GENERAL_NAMES* names, const std::string& text) {
    ASN1_OCTET_STRING* value = a2i_IPADDRESS(text.c_str());
    if (value == nullptr)
        return Error(Code::invalid_argument, fmt::format("\"{}\" is not an IP address", text));
    return push(names, GEN_IPADD, value);
}

std::string text(const ASN1_STRING* value) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
            static_cast<std::size_t>(ASN1_STRING_length(value))};
}

Result<std::string> ip_text(const ASN1_STRING* value) {
    const unsigned char* bytes = ASN1_STRING_get0_data(value);
    const int size = ASN1_STRING_length(value);
    if (size == 4) return fmt::format("{}.{}.{}.{}", bytes[0], bytes[1], bytes[2], bytes[3]);
    if (size != 16) return Error(Code::invalid_argument, "a certificate names a malformed IP address");
    if (std::all_of(bytes, bytes + 15, [](unsigned char b) { return b == 0; }) && bytes[15] == 1)
        return std::string("::1");
    std::string out;
    for (int i = 0; i < 16; i += 2)
        out += fmt::format("{}{:x}", i == 0 ? "" : ":", (bytes[i] << 8) | bytes[i + 1]);
    return out;
}

}  // namespace

Result<Names> encode(const SubjectNames& names) {
    if (names.uris.empty() && names.dns.empty() && names.ips.empty())
        return Error(Code::invalid_argument, "a certificate must name something");
    Names encoded(sk_GENERAL_NAME_new_null());
    if (!encoded) return openssl_error("making subject names");
    for (const auto& uri : names.uris) SB_CHECK(push_text(encoded.get(), GEN_URI, uri));
    for (const auto& dns : names.dns) SB_CHECK(push_text(encoded.get(), GEN_DNS, dns));
    for (const auto& ip : names.ips) SB_CHECK(push_ip(encoded.get(), ip));
    return encoded;
}

Result<SubjectNames> decode(X509* certificate) {
    SubjectNames names;
    int critical = 0;
    const Names encoded(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, &critical, nullptr)));
    if (!encoded) {
        if (critical == -1) return names;  // there is none
        return Error(Code::invalid_argument,
                     "a certificate's subject names cannot be read, or are there twice");
    }
    for (int i = 0; i < sk_GENERAL_NAME_num(encoded.get()); ++i) {
        int type = 0;
        const auto* value = static_cast<const ASN1_STRING*>(
            GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(encoded.get(), i), &type));
        if (type == GEN_IPADD) {
            SB_TRY(auto ip, ip_text(value));
            names.ips.push_back(std::move(ip));
            continue;
        }
        if (type != GEN_URI && type != GEN_DNS)
            return Error(Code::invalid_argument, "a certificate has a kind of name that is not accepted");
        std::string name = text(value);
        if (name.find('\0') != std::string::npos)
            return Error(Code::invalid_argument, "a certificate's name contains a NUL byte");
        (type == GEN_URI ? names.uris : names.dns).push_back(std::move(name));
    }
    return names;
}

}  // namespace signalbox::pki
