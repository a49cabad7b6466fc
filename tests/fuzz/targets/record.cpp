// SPDX-License-Identifier: Apache-2.0
// Action records and decisions. What parses is read back the same, every envelope that opens has a leaf, and
// none verifies but those that were signed.
#include "common/record/record.hpp"

#include "tests/fakes/trust_fixture.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace signalbox::fuzz {
namespace {

struct Golden {
    crypto::PublicKey host = fakes::test_key(40).public_key();
    crypto::PublicKey ledger = fakes::TrustFixture{}.ledger.public_key();
    std::string action = dsse::parse(vector_text("record.dsse.json")).value().payload;
    std::string decision = dsse::parse(vector_text("decision.dsse.json")).value().payload;
};

template <class T>
void reads_back(std::string_view text, Result<T> (*parse)(std::string_view)) {
    const auto value = parse(text);
    if (!value) return;
    const std::string canonical = record::serialize(*value);
    const auto again = parse(canonical);
    require(again && record::serialize(*again) == canonical, "a record that parses is read back the same");
}

void both_read_back(std::string_view text) {
    reads_back(text, record::parse_action_record);
    reads_back(text, record::parse_decision);
}

}  // namespace

void one(std::string_view input) {
    static const Golden golden;
    const std::string_view text = text_of(input);
    both_read_back(text);
    const auto opened = record::open(text);
    if (!opened) return;
    both_read_back(opened->envelope.payload);
    require(opened->envelope.signatures.size() == 1, "a record has exactly one signature");
    const auto leaf = json::parse(record::ledger_leaf(text, golden.ledger));
    require(leaf && json::canonical(*leaf) == record::ledger_leaf(text, golden.ledger),
            "a leaf is canonical JSON");
    if (dsse::signed_by(opened->envelope, golden.host)) {
        require(opened->envelope.payload == golden.action, "no record verifies but the one that was signed");
    }
    if (dsse::signed_by(opened->envelope, golden.ledger)) {
        require(opened->envelope.payload == golden.decision,
                "no decision verifies but the one that was signed");
    }
}

}  // namespace signalbox::fuzz
