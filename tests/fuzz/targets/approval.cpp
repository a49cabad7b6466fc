// SPDX-License-Identifier: Apache-2.0
// Approvals: as statement and as signed envelope. What parses is read back the same, and nothing is approved
// but what people signed.
#include "common/trust/approval.hpp"

#include "tests/fakes/trust_fixture.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace signalbox::fuzz {
namespace {

struct Golden {
    fakes::TrustFixture cluster;
    std::string payload = dsse::parse(vector_text("approval.dsse.json")).value().payload;
};

void reads_back(std::string_view text) {
    const auto approval = trust::parse_approval(text);
    if (!approval) return;
    const std::string canonical = trust::serialize(*approval);
    const auto again = trust::parse_approval(canonical);
    require(again && trust::serialize(*again) == canonical, "an approval that parses is read back the same");
    for (const auto& step : approval->steps) {
        require(approval->find(step.step_id) != nullptr, "every step is found by its name");
    }
}

}  // namespace

void one(std::string_view input) {
    static const Golden golden;
    const std::string_view text = text_of(input);
    reads_back(text);
    const auto envelope = dsse::parse(text, trust::kMaxApprovalBytes);
    if (envelope) {
        reads_back(envelope->payload);
        if (const auto approval = trust::parse_approval(envelope->payload)) {
            for (const auto& [role, progress] :
                 trust::approval_progress(golden.cluster.file, *approval, *envelope)) {
                require(progress.have >= 0 && progress.have <= progress.need, "a role is at most full");
            }
        }
    }
    if (const auto verified = trust::verify_approval(golden.cluster.file, text)) {
        // Staging wants nobody's signature, so anything may be approved for it; production does.
        require(envelope && (envelope->payload == golden.payload || verified->environment == "staging"),
                "nothing is approved but what people signed");
    }
}

}  // namespace signalbox::fuzz
