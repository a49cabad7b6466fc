// SPDX-License-Identifier: Apache-2.0
// The join line: one line of text that lets one host enrol once, and lets that host authenticate the
// controller at first contact. Made by the controller, read by executor and network face. Pure.
//
//   "sbj1." base64url( canonical JSON {"addr","ca","cluster","env","host","id","secret","trust_sha256"} )
//
// It holds a secret: keep it off argv and out of logs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/crypto/digest.hpp"
#include "common/crypto/secret_bytes.hpp"
#include "common/model/ids.hpp"

namespace signalbox::join {

inline constexpr std::size_t kSecretBytes = 32;
inline constexpr std::size_t kMaxLineBytes = 8 * 1024;

struct JoinLine {
    std::string address;  // host:port of the controller's agent listener
    Bytes ca_der;         // the cluster's CA certificate: the only one that counts at first contact
    ClusterId cluster;
    std::string environment;
    std::string host;
    std::string id;               // 16 hex digits, names the join token
    crypto::SecretBytes secret;   // kSecretBytes random bytes
    crypto::Digest trust_sha256;  // of the trust file's exact text, checked by the executor
};

[[nodiscard]] std::string to_text(const JoinLine& line);
// White space around the line is ignored. Errors: invalid_argument; the message never holds the secret.
[[nodiscard]] Result<JoinLine> parse(std::string_view text);

// What the record key signs to prove that it asks for this certificate:
// "signalbox/enrol/v1\n<cluster>\n<join id>\n<hex SHA-256 of the CSR's DER>\n<k4.pid of the record key>".
[[nodiscard]] std::string proof_message(const ClusterId& cluster, std::string_view join_id,
                                        const crypto::Digest& csr_sha256, std::string_view record_kid);

// What it signs to come back after its certificate has expired:
// "signalbox/return/v1\n<cluster>\n<agent id>\n<challenge>\n<hex SHA-256 of the CSR's DER>\n<k4.pid>".
[[nodiscard]] std::string return_message(const ClusterId& cluster, const AgentId& agent,
                                         std::string_view challenge, const crypto::Digest& csr_sha256,
                                         std::string_view record_kid);

}  // namespace signalbox::join
