// SPDX-License-Identifier: Apache-2.0
#include "common/merkle/cosignature.hpp"

#include <gtest/gtest.h>

#include "common/crypto/encoding.hpp"
#include "common/merkle/checkpoint.hpp"

namespace signalbox::merkle {
namespace {

const Instant kNow = from_unix_seconds(1'679'315'147);

class Cosignatures : public ::testing::Test {
  protected:
    crypto::SigningKey ledger = crypto::SigningKey::generate(), witness = crypto::SigningKey::generate();
    std::string note = sign_checkpoint({"signalbox.dev/demo", 42, crypto::sha256("root")}, ledger);
    Cosigner cosigner{"witness.example/w1", witness.public_key()};

    std::string text() const { return parse_note(note)->text; }
    auto at(const std::string& whole) const { return cosigned_at(parse_note(whole).value(), cosigner); }
};

// The example of c2sp.org/tlog-cosignature: its time is in the line's bytes 4 to 11.
TEST(CosignatureExample, TheTimeIsWhereTheSpecificationHasIt) {
    const Bytes raw = crypto::from_base64(
                          "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/"
                          "zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==")
                          .value();
    ASSERT_EQ(raw.size(), 4U + 8U + 64U);
    const auto key = crypto::SigningKey::generate();
    const std::string line = cosign("x\n1\nAAAA\n", "witness.example.com/w1", key, kNow);
    const Bytes ours =
        crypto::from_base64(line.substr(line.rfind(' ') + 1, line.size() - line.rfind(' ') - 2)).value();
    EXPECT_EQ(Bytes(ours.begin() + 4, ours.begin() + 12), Bytes(raw.begin() + 4, raw.begin() + 12));
}

TEST_F(Cosignatures, SignTheHeaderTheTimeAndTheWholeNoteBody) {
    const std::string line = cosign(text(), cosigner.name, witness, kNow);
    const Bytes raw =
        crypto::from_base64(line.substr(line.rfind(' ') + 1, line.size() - line.rfind(' ') - 2)).value();
    const auto signature = crypto::signature_from_bytes(ByteView(raw).subspan(12)).value();
    EXPECT_TRUE(
        witness.public_key().verify(as_bytes("cosignature/v1\ntime 1679315147\n" + text()), signature));
    EXPECT_EQ(at(note + line).value(), kNow);
    EXPECT_EQ(verify_checkpoint(note + line, "signalbox.dev/demo", ledger.public_key())->size, 42U)
        << "a reader of the ledger's own signature does not mind";
    EXPECT_EQ(cosigner_vkey(cosigner.name, witness.public_key()).substr(0, 19), "witness.example/w1+");
}

TEST_F(Cosignatures, TheNewestOfSeveralCounts) {
    const std::string older = cosign(text(), cosigner.name, witness, kNow - std::chrono::hours(1));
    EXPECT_EQ(at(note + cosign(text(), cosigner.name, witness, kNow) + older).value(), kNow);
}

TEST_F(Cosignatures, AreNotTakenFromOthersAndNotBent) {
    EXPECT_EQ(at(note).value(), std::nullopt);
    const auto stranger = crypto::SigningKey::generate();
    EXPECT_EQ(at(note + cosign(text(), cosigner.name, stranger, kNow)).value(), std::nullopt);
    EXPECT_EQ(at(note + cosign(text(), "witness.example/w2", witness, kNow)).value(), std::nullopt);
    // A plain signature by the same key and name says nothing about time, and has another id.
    const std::string plain = sign_note(text(), cosigner.name, witness);
    EXPECT_EQ(at(note + plain.substr(text().size() + 1)).value(), std::nullopt);
    // Under the witness's id, but another time, another text, another length.
    const std::string other = cosign("signalbox.dev/demo\n43\nAAAA\n", cosigner.name, witness, kNow);
    EXPECT_EQ(at(note + other).error().code(), Code::refused);
    const std::string line = cosign(text(), cosigner.name, witness, kNow);
    Bytes raw =
        crypto::from_base64(line.substr(line.rfind(' ') + 1, line.size() - line.rfind(' ') - 2)).value();
    for (const std::size_t at_byte : {4U, 11U, 12U, 75U}) {
        Bytes bent = raw;
        bent[at_byte] ^= 1;
        EXPECT_EQ(at(note + signature_line(cosigner.name, bent)).error().code(), Code::refused) << at_byte;
    }
    raw.pop_back();
    EXPECT_EQ(at(note + signature_line(cosigner.name, raw)).error().code(), Code::refused);
}

}  // namespace
}  // namespace signalbox::merkle
