// SPDX-License-Identifier: Apache-2.0
// Withdrawals: what parses is read back the same, and only what an approver signed stops anything.
#include "common/trust/withdrawal.hpp"

#include "tests/fakes/trust_fixture.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace signalbox::fuzz {
namespace {

struct Golden {
    Golden() { require(trust::verify_withdrawal(cluster.file, text).ok(), "the golden withdrawal counts"); }
    fakes::TrustFixture cluster;
    std::string text = vector_text("withdrawal.dsse.json");
    std::string payload = dsse::parse(text).value().payload;
};

void reads_back(std::string_view text) {
    const auto withdrawal = trust::parse_withdrawal(text);
    if (!withdrawal) return;
    const std::string canonical = trust::serialize(*withdrawal);
    const auto again = trust::parse_withdrawal(canonical);
    require(again && trust::serialize(*again) == canonical, "a withdrawal that parses is read back the same");
}

}  // namespace

void one(std::string_view input) {
    static const Golden golden;
    const std::string_view text = text_of(input);
    reads_back(text);
    const auto envelope = dsse::parse(text, trust::kMaxWithdrawalBytes);
    if (envelope) reads_back(envelope->payload);
    if (const auto verified = trust::verify_withdrawal(golden.cluster.file, text)) {
        // One signature is always wanted, in staging too.
        require(envelope && envelope->payload == golden.payload, "only what an approver signed counts");
        require(verified->kid == golden.cluster.ben.public_key().id(), "it names who signed");
    }
}

}  // namespace signalbox::fuzz
