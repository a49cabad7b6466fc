// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "common/crypto/encoding.hpp"
#include "common/record/record.hpp"

namespace signalbox::record {
namespace {

// github.com/sigstore/rekor, pkg/types/dsse/v0.0.1/dsse_v0_0_1_schema.json: the members of a canonicalised
// entry.
TEST(LedgerLeaf, IsTheCanonicalBodyOfARekorDsseEntry) {
    const auto key = crypto::SigningKey::from_seed(Bytes(32, 3)).value();
    const Decision decision{ClusterId{"demo"}, from_unix_seconds(0), "k", json::Json::object()};
    const std::string text = seal(decision, key);
    const auto envelope = dsse::parse(text).value();
    const std::string expected =
        R"({"apiVersion":"0.0.1","kind":"dsse","spec":{"envelopeHash":{"algorithm":"sha256","value":")" +
        crypto::sha256(text).hex() + R"("},"payloadHash":{"algorithm":"sha256","value":")" +
        crypto::sha256(envelope.payload).hex() + R"("},"signatures":[{"signature":")" +
        crypto::to_base64(envelope.signatures[0].signature) + R"(","verifier":")" +
        crypto::to_base64(as_bytes(key.public_key().pem())) + R"("}]}})";
    EXPECT_EQ(ledger_leaf(text, key.public_key()), expected);
}

// Ed25519 is deterministic and the text canonical: the same decision is the same bytes for ever.
TEST(LedgerLeaf, TheEnvelopeOfAKnownDecisionDoesNotChange) {
    const auto key = crypto::SigningKey::from_seed(Bytes(32, 3)).value();
    const Decision decision{ClusterId{"demo"}, from_unix_seconds(0), "k", json::Json::object()};
    EXPECT_EQ(
        serialize(decision),
        R"({"_type":"https://in-toto.io/Statement/v1","predicate":{"cluster_id":"demo","data":{},"kind":"k",)"
        R"("time":"1970-01-01T00:00:00Z"},"predicateType":"https://signalbox.dev/decision/v1","subject":[)"
        R"({"digest":{"sha256":"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"},)"
        R"("name":"cluster/demo"}]})");
}

}  // namespace
}  // namespace signalbox::record
