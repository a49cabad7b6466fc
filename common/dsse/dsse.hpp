// SPDX-License-Identifier: Apache-2.0
// DSSE v1.0.2 envelopes (github.com/secure-systems-lab/dsse): signed bytes with their type. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/crypto/keys.hpp"

namespace signalbox::dsse {

struct EnvelopeSignature {
    crypto::KeyId keyid;
    crypto::Signature signature{};
};

struct Envelope {
    std::string payload_type;
    std::string payload;  // the signed bytes, as they are: never re-encoded to verify
    std::vector<EnvelopeSignature> signatures;
};

// "DSSEv1" SP len(type) SP type SP len(payload) SP payload: what a signature covers.
[[nodiscard]] std::string pae(std::string_view payload_type, std::string_view payload);

// Canonical JSON text {"payload","payloadType","signatures":[{"keyid","sig"}]}; base64 is standard and
// padded.
[[nodiscard]] std::string serialize(const Envelope& envelope);
// Strict: no unknown members, at most 64 signatures. Errors: invalid_argument, resource_exhausted.
[[nodiscard]] Result<Envelope> parse(std::string_view text, std::size_t max_bytes = 1 << 20);

// Errors: the signer's.
[[nodiscard]] Status add_signature(Envelope& envelope, const crypto::Signer& signer);
// True when one of the signatures with this key's id verifies.
[[nodiscard]] bool signed_by(const Envelope& envelope, const crypto::PublicKey& key);

}  // namespace signalbox::dsse
