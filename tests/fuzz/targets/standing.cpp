// SPDX-License-Identifier: Apache-2.0
// Standing approvals: as statement and as signed envelope. What parses is read back the same, nothing is
// approved but what people signed, and what fills the holes opens none.
#include "common/trust/standing.hpp"

#include "tests/fakes/trust_fixture.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace signalbox::fuzz {
namespace {

struct Golden {
    Golden() {
        require(trust::verify_standing(cluster.file, text).ok(), "the golden standing approval counts");
    }
    fakes::TrustFixture cluster;
    std::string text = vector_text("standing-approval.dsse.json");
    std::string payload = dsse::parse(text).value().payload;
    std::string artifact_text = vector_text("artifact-statement.dsse.json");
    trust::ArtifactStatement artifact =
        trust::parse_artifact_statement(dsse::parse(artifact_text).value().payload).value();
};

void reads_back(std::string_view text, const trust::ArtifactStatement& artifact) {
    const auto standing = trust::parse_standing(text);
    if (!standing) return;
    const std::string canonical = trust::serialize(*standing);
    const auto again = trust::parse_standing(canonical);
    require(again && trust::serialize(*again) == canonical,
            "a standing approval that parses is read back the same");
    for (const trust::StandingStep& step : standing->steps) {
        const auto filled = json::parse(trust::fill(step, artifact));
        require(filled && filled->is_object() && filled->size() == step.action.size(),
                "filling a step leaves its members");
    }
    if (const auto patch = trust::patch_in(standing->versions, artifact.version))
        require(*patch >= standing->versions.patch_from, "a patch in the range is not below it");
}

}  // namespace

void one(std::string_view input) {
    static const Golden golden;
    const std::string_view text = text_of(input);
    reads_back(text, golden.artifact);
    const auto envelope = dsse::parse(text, trust::kMaxStandingBytes);
    if (envelope) reads_back(envelope->payload, golden.artifact);
    if (const auto verified = trust::verify_standing(golden.cluster.file, text)) {
        // Staging wants nobody's signature, so anything may stand for it; production does.
        require(envelope && (envelope->payload == golden.payload || verified->environment == "staging"),
                "nothing stands but what people signed");
    }
    require(!trust::open_under(golden.cluster.file, text, golden.artifact_text),
            "without a builder's key nothing falls under a standing approval");
}

}  // namespace signalbox::fuzz
