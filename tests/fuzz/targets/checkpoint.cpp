// SPDX-License-Identifier: Apache-2.0
// Checkpoints: the whole note, and the body under a good signature. A body means one checkpoint, and none
// verifies but what was signed.
#include "common/merkle/checkpoint.hpp"

#include "common/merkle/signed_note.hpp"
#include "tests/fakes/trust_fixture.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace signalbox::fuzz {
namespace {

const std::string kOrigin = "signalbox.dev/demo";

}  // namespace

void one(std::string_view input) {
    static const crypto::SigningKey key = fakes::TrustFixture{}.ledger;
    static const std::string golden_text = vector_text("checkpoint.txt");
    static const merkle::Checkpoint golden =
        merkle::verify_checkpoint(golden_text, kOrigin, key.public_key()).value();
    if (const auto read = merkle::verify_checkpoint(input, kOrigin, key.public_key())) {
        require(*read == golden, "no other checkpoint verifies than the one that was signed");
    }
    if (!input.ends_with('\n')) return;
    const auto read =
        merkle::verify_checkpoint(merkle::sign_note(input, kOrigin, key), kOrigin, key.public_key());
    if (!read) return;
    require(read->size < (std::uint64_t{1} << 63U), "a size is below 2^63");
    const std::string own = merkle::sign_checkpoint(*read, key);
    // The body without its extension lines is the only text of this checkpoint.
    const auto body = merkle::parse_note(own).value().text;
    require(input.starts_with(body), "a checkpoint has one text only");
    require(merkle::verify_checkpoint(own, kOrigin, key.public_key()).value() == *read,
            "a checkpoint is read back the same");
}

}  // namespace signalbox::fuzz
