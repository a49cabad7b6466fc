// SPDX-License-Identifier: Apache-2.0
// What a certificate says, and whether an authority stands behind it. Stateless; thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/crypto/digest.hpp"
#include "common/pki/sans.hpp"

namespace signalbox::pki {

struct CertificateInfo {
    SubjectNames names;
    std::string serial;  // lower-case hex
    Instant not_before{};
    Instant not_after{};
    bool is_ca = false;
    crypto::Digest sha256;  // of the DER: its fingerprint
};

// PEM (the first certificate of the text) or DER. Nothing is verified. Errors: invalid_argument.
[[nodiscard]] Result<CertificateInfo> parse_certificate(std::string_view pem_or_der);

// The one URI name: identities are compared as a whole with this text. Errors: invalid_argument when there is
// none or more than one.
[[nodiscard]] Result<std::string> single_uri(const CertificateInfo& certificate);

// "spiffe://<cluster>/agent/<uuid>", and the controller's "spiffe://<cluster>/controller".
[[nodiscard]] std::string agent_uri(std::string_view cluster_id, std::string_view agent_id);
[[nodiscard]] std::string controller_uri(std::string_view cluster_id);

enum class Purpose { client, server };
// Signed directly by this authority, valid at `now`, and for this purpose. Errors: refused (why),
// invalid_argument.
[[nodiscard]] Status check_issued_by(std::string_view certificate, std::string_view authority,
                                     Purpose purpose, Instant now);

// Each certificate of a PEM text by itself, in its order; what is between them is left out. Nothing is
// parsed.
[[nodiscard]] std::vector<std::string> split_pem(std::string_view pem);
[[nodiscard]] Result<std::string> pem_to_der(std::string_view pem);
[[nodiscard]] Result<std::string> der_to_pem(std::string_view der);

}  // namespace signalbox::pki
