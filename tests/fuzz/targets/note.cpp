// SPDX-License-Identifier: Apache-2.0
// C2SP signed notes: a note is read in one way only, is text, and verifies only when it was signed.
#include "common/base/utf8.hpp"
#include "common/crypto/encoding.hpp"
#include "common/merkle/signed_note.hpp"
#include "tests/fakes/trust_fixture.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace signalbox::fuzz {
namespace {

constexpr std::string_view kName = "signalbox.dev/demo";

std::string written_again(const merkle::Note& note) {
    std::string out = note.text + "\n";
    for (const auto& signature : note.signatures) {
        Bytes raw(signature.key_id.begin(), signature.key_id.end());
        raw.insert(raw.end(), signature.signature.begin(), signature.signature.end());
        out += "\u2014 " + signature.name + " " + crypto::to_base64(raw) + "\n";
    }
    return out;
}

}  // namespace

void one(std::string_view input) {
    static const crypto::SigningKey key = fakes::TrustFixture{}.ledger;
    static const std::string golden = merkle::parse_note(vector_text("checkpoint.txt")).value().text;
    if (const auto note = merkle::parse_note(input)) {
        require(written_again(*note) == input, "a note has one text only");
        require(as_utf8(input) == input, "a note is UTF-8");
        if (merkle::verify_note(*note, kName, key.public_key())) {
            require(note->text == golden, "no other note verifies than the one that was signed");
        }
    }
    // As the text under a signature.
    if (!input.ends_with('\n')) return;
    const auto note = merkle::parse_note(merkle::sign_note(input, kName, key));
    if (!note) return;
    require(note->text == input, "what was signed is what is read");
    require(merkle::verify_note(*note, kName, key.public_key()).ok(), "what was signed verifies");
}

}  // namespace signalbox::fuzz
