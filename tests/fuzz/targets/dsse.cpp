// SPDX-License-Identifier: Apache-2.0
// DSSE envelopes, and the strict JSON under everything that is signed. What parses is read back the same.
#include "common/dsse/dsse.hpp"

#include "common/json/json.hpp"
#include "tests/fakes/trust_fixture.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace signalbox::fuzz {

void one(std::string_view input) {
    static const crypto::SigningKey key = fakes::test_key(7);
    const std::string_view text = text_of(input);
    if (const auto value = json::parse(text)) {
        const std::string canonical = json::canonical(*value);
        const auto again = json::parse(canonical);
        require(again && *again == *value, "JSON that parses is read back the same");
        require(json::canonical(*again) == canonical, "canonical JSON stays as it is");
    }
    auto envelope = dsse::parse(text);
    if (!envelope) return;
    const auto again = dsse::parse(dsse::serialize(*envelope));
    require(again && dsse::serialize(*again) == dsse::serialize(*envelope) &&
                again->payload == envelope->payload && again->payload_type == envelope->payload_type,
            "an envelope that parses is read back the same");
    require(!dsse::signed_by(*envelope, key.public_key()), "nobody signed this");
    if (!dsse::add_signature(*envelope, key)) return;
    require(dsse::signed_by(*envelope, key.public_key()), "a signature that was added verifies");
    envelope->payload += ' ';
    require(!dsse::signed_by(*envelope, key.public_key()), "and holds for no other payload");
}

}  // namespace signalbox::fuzz
