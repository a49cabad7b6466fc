// SPDX-License-Identifier: Apache-2.0
// What a witness is asked, and what is read of its answer: it cosigns only what the log signed, and only its
// own signature counts.
#include "common/merkle/cosignature.hpp"
#include "controller/witness/judge.hpp"
#include "tests/fakes/trust_fixture.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace signalbox::fuzz {
namespace {

const std::string kOrigin = "signalbox.dev/demo";
const merkle::Cosigner kWitness{"witness.example/w", fakes::test_key(9).public_key()};

merkle::Note golden_note() {
    return merkle::parse_note(vector_text("checkpoint-cosigned.txt")).value();
}

}  // namespace

void one(std::string_view input) {
    static const crypto::SigningKey key = fakes::TrustFixture{}.ledger;
    static const std::vector<witness::Log> logs{{kOrigin, {key.public_key()}}};
    static const merkle::Checkpoint golden =
        merkle::verify_checkpoint(vector_text("checkpoint.txt"), kOrigin, key.public_key()).value();
    static const merkle::Note cosigned = golden_note();
    static const Instant when = merkle::cosigned_at(cosigned, kWitness).value().value();

    for (const bool seen : {false, true}) {
        const auto verdict = witness::judge(input, logs, [&](const std::string&) {
            return Result<std::optional<merkle::Checkpoint>>(seen ? std::optional(golden) : std::nullopt);
        });
        require(verdict.ok(), "only the witness's own memory can fail");
        require((verdict->status == 200) == verdict->accepted.has_value(), "what is accepted is remembered");
        require(!verdict->accepted || *verdict->accepted == golden, "only what the log signed is cosigned");
        require((verdict->status == 409) == verdict->size.has_value(),
                "a conflict says where the witness stands");
    }
    const auto note = merkle::parse_note(input);
    if (!note) return;
    const auto at = merkle::cosigned_at(*note, kWitness);
    if (!at || !*at) return;
    require(note->text == cosigned.text && **at == when,
            "no other text and time verify than what was cosigned");
}

}  // namespace signalbox::fuzz
