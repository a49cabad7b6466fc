// SPDX-License-Identifier: Apache-2.0
// Artifact statements: what parses is read back the same, and only what the builder signed says which bytes
// are which version.
#include "common/trust/artifact_statement.hpp"

#include "tests/fakes/trust_fixture.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace signalbox::fuzz {
namespace {

// The golden statement's signer is Ann; here she holds the builder's key.
struct Golden {
    Golden() {
        cluster.file.roles["artifact/production"].keyids.insert(cluster.ann.public_key().id());
        require(trust::verify_artifact_statement(cluster.file, "production", text).ok(),
                "the golden statement counts");
    }
    fakes::TrustFixture cluster;
    std::string text = vector_text("artifact-statement.dsse.json");
    std::string payload = dsse::parse(text).value().payload;
};

void reads_back(std::string_view text) {
    const auto statement = trust::parse_artifact_statement(text);
    if (!statement) return;
    require(statement->size >= 0, "a size is not negative");
    const std::string canonical = trust::serialize(*statement);
    const auto again = trust::parse_artifact_statement(canonical);
    require(again && trust::serialize(*again) == canonical, "a statement that parses is read back the same");
}

}  // namespace

void one(std::string_view input) {
    static const Golden golden;
    const std::string_view text = text_of(input);
    reads_back(text);
    const auto envelope = dsse::parse(text, trust::kMaxArtifactStatementBytes);
    if (envelope) reads_back(envelope->payload);
    if (trust::verify_artifact_statement(golden.cluster.file, "production", text)) {
        require(envelope && envelope->payload == golden.payload, "only what the builder signed counts");
    }
    require(!trust::verify_artifact_statement(golden.cluster.file, "staging", text),
            "an environment without a builder's key accepts no statement");
}

}  // namespace signalbox::fuzz
