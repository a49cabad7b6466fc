// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <exception>
#include <utility>

#include "common/crypto/encoding.hpp"
#include "common/record/record.hpp"
#include "common/record/statement.hpp"

namespace signalbox::record {
namespace {

// Base64 takes a third more, and the rest of the envelope some hundred bytes.
constexpr std::size_t kMaxEnvelopeBytes = kMaxDecisionBytes / 3 * 4 + 4096;

Result<Opened> open_envelope(std::string_view dsse_text) {
    SB_TRY(dsse::Envelope envelope, dsse::parse(dsse_text, kMaxEnvelopeBytes));
    if (envelope.payload_type != kPayloadType) {
        return Error{Code::invalid_argument,
                     fmt::format("payload type '{:.80}' is not in-toto", envelope.payload_type)};
    }
    if (envelope.signatures.size() != 1) {
        return Error{Code::invalid_argument,
                     fmt::format("{} signatures; exactly one is due", envelope.signatures.size())};
    }
    SB_TRY(Statement statement, parse_statement(envelope.payload, kMaxDecisionBytes));
    const bool action = statement.predicate_type == kActionPredicate;
    if (!action && statement.predicate_type != kDecisionPredicate) {
        return Error{Code::invalid_argument,
                     fmt::format("predicate '{:.80}' is not known here", statement.predicate_type)};
    }
    if (action && envelope.payload.size() > kMaxRecordBytes) {
        return Error{Code::resource_exhausted,
                     fmt::format("an action record of {} bytes; at most {} are allowed",
                                 envelope.payload.size(), kMaxRecordBytes)};
    }
    return Opened{std::move(envelope), std::move(statement.predicate_type)};
}

json::Json sha256_value(const crypto::Digest& digest) {
    return {{"algorithm", "sha256"}, {"value", digest.hex()}};
}

}  // namespace

Result<Opened> open(std::string_view dsse_text) {
    return open_envelope(dsse_text).with_context("record envelope");
}

std::string ledger_leaf(std::string_view dsse_text, const crypto::PublicKey& key) {
    const auto envelope = dsse::parse(dsse_text, kMaxEnvelopeBytes);
    if (!envelope || envelope->signatures.size() != 1) std::terminate();
    json::Json spec = {{"envelopeHash", sha256_value(crypto::sha256(dsse_text))},
                       {"payloadHash", sha256_value(crypto::sha256(envelope->payload))}};
    spec["signatures"] = json::Json::array();
    spec["signatures"].push_back({{"signature", crypto::to_base64(envelope->signatures.front().signature)},
                                  {"verifier", crypto::to_base64(as_bytes(key.pem()))}});
    return json::canonical({{"apiVersion", "0.0.1"}, {"kind", "dsse"}, {"spec", std::move(spec)}});
}

}  // namespace signalbox::record
