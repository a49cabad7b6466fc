// SPDX-License-Identifier: Apache-2.0
#include "common/dsse/dsse.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/crypto/encoding.hpp"
#include "common/json/json.hpp"

namespace signalbox::dsse {
namespace {

constexpr std::size_t kMaxSignatures = 64;
constexpr std::size_t kMaxPayloadType = 200;

Result<Bytes> base64_member(json::ObjectReader& reader, std::string_view key) {
    SB_TRY(const std::string text, reader.string(key));
    return crypto::from_base64(text).with_context(reader.path_of(key));
}

Result<EnvelopeSignature> parse_signature(const json::Json& value, std::string path) {
    SB_TRY(auto reader, json::ObjectReader::open(value, std::move(path)));
    SB_TRY(const std::string keyid, reader.string("keyid"));
    SB_TRY(const Bytes raw, base64_member(reader, "sig"));
    SB_CHECK(reader.finish());
    EnvelopeSignature signature;
    SB_TRY(signature.keyid, crypto::parse_key_id(keyid).with_context(reader.path_of("keyid")));
    SB_TRY(signature.signature, crypto::signature_from_bytes(raw).with_context(reader.path_of("sig")));
    return signature;
}

Result<Envelope> parse_envelope(std::string_view text, std::size_t max_bytes) {
    SB_TRY(const json::Json value, json::parse(text, {.max_bytes = max_bytes, .max_depth = 4}));
    SB_TRY(auto reader, json::ObjectReader::open(value));
    Envelope envelope;
    SB_TRY(envelope.payload_type, reader.string("payloadType"));
    if (envelope.payload_type.empty() || envelope.payload_type.size() > kMaxPayloadType) {
        return Error{Code::invalid_argument, "$.payloadType must have 1 to 200 characters"};
    }
    SB_TRY(const Bytes payload, base64_member(reader, "payload"));
    envelope.payload = to_text(payload);
    SB_TRY(const json::Json::array_t* signatures, reader.array("signatures"));
    SB_CHECK(reader.finish());
    if (signatures->size() > kMaxSignatures) {
        return Error{Code::resource_exhausted, fmt::format("{} signatures; at most {} are allowed",
                                                           signatures->size(), kMaxSignatures)};
    }
    for (std::size_t i = 0; i < signatures->size(); ++i) {
        SB_TRY(EnvelopeSignature signature,
               parse_signature((*signatures)[i], reader.path_of("signatures", i)));
        envelope.signatures.push_back(std::move(signature));
    }
    return envelope;
}

}  // namespace

std::string pae(std::string_view payload_type, std::string_view payload) {
    return fmt::format("DSSEv1 {} {} {} {}", payload_type.size(), payload_type, payload.size(), payload);
}

std::string serialize(const Envelope& envelope) {
    json::Json signatures = json::Json::array();
    for (const EnvelopeSignature& each : envelope.signatures) {
        signatures.push_back({{"keyid", each.keyid.str()}, {"sig", crypto::to_base64(each.signature)}});
    }
    return json::canonical({{"payload", crypto::to_base64(as_bytes(envelope.payload))},
                            {"payloadType", envelope.payload_type},
                            {"signatures", std::move(signatures)}});
}

Result<Envelope> parse(std::string_view text, std::size_t max_bytes) {
    return parse_envelope(text, max_bytes).with_context("DSSE envelope");
}

Status add_signature(Envelope& envelope, const crypto::Signer& signer) {
    const std::string message = pae(envelope.payload_type, envelope.payload);
    SB_TRY(const crypto::Signature signature, signer.sign(as_bytes(message)));
    envelope.signatures.push_back({signer.public_key().id(), signature});
    return {};
}

bool signed_by(const Envelope& envelope, const crypto::PublicKey& key) {
    const crypto::KeyId id = key.id();
    std::string message;  // made only when a signature names the key
    return std::any_of(envelope.signatures.begin(), envelope.signatures.end(),
                       [&](const EnvelopeSignature& each) {
                           if (each.keyid != id) return false;
                           if (message.empty()) message = pae(envelope.payload_type, envelope.payload);
                           return key.verify(as_bytes(message), each.signature);
                       });
}

}  // namespace signalbox::dsse
