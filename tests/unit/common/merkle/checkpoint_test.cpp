// SPDX-License-Identifier: Apache-2.0
#include "common/merkle/checkpoint.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/crypto/encoding.hpp"
#include "common/merkle/signed_note.hpp"

namespace signalbox::merkle {
namespace {

class Checkpoints : public ::testing::Test {
  protected:
    // A note over any text, signed as the ledger signs, so that only the text decides.
    [[nodiscard]] Result<Checkpoint> read(std::string_view text) const {
        return verify_checkpoint(sign_note(text, origin_, key_), origin_, key_.public_key());
    }

    const crypto::SigningKey key_ = crypto::SigningKey::from_seed(Bytes(32, 7)).value();
    const std::string origin_ = origin_of("demo");
    const crypto::Digest root_ = crypto::sha256("root");
    const std::string root64_ = crypto::to_base64(root_.view());
};

TEST_F(Checkpoints, ComesBackAndItsTextIsTheStandardOne) {
    const Checkpoint checkpoint{origin_, 42, root_};
    const std::string note = sign_checkpoint(checkpoint, key_);
    EXPECT_TRUE(
        note.starts_with("signalbox.dev/demo\n42\n" + root64_ + "\n\n\xe2\x80\x94 signalbox.dev/demo "));
    EXPECT_EQ(verify_checkpoint(note, origin_, key_.public_key()).value(), checkpoint);
}

TEST_F(Checkpoints, IsRefusedFromAnotherLogOrKey) {
    const std::string note = sign_checkpoint({origin_, 42, root_}, key_);
    EXPECT_EQ(verify_checkpoint(note, origin_of("other"), key_.public_key()).error().code(), Code::refused);
    const auto stranger = crypto::SigningKey::generate().public_key();
    EXPECT_EQ(verify_checkpoint(note, origin_, stranger).error().code(), Code::refused);
    // Signed under our name, but the body is another log's.
    EXPECT_EQ(read("signalbox.dev/other\n42\n" + root64_ + "\n").error().code(), Code::refused);
}

TEST_F(Checkpoints, ParsesByTheSpecificationAndNothingElse) {
    EXPECT_TRUE(read(origin_ + "\n9223372036854775807\n" + root64_ + "\n"));
    EXPECT_EQ(read(origin_ + "\n7\n" + root64_ + "\nextension one\nextension two\n")->size, 7U);
    const std::string empty_root = crypto::to_base64(crypto::sha256("").view());
    EXPECT_EQ(read(origin_ + "\n0\n" + empty_root + "\n")->size, 0U);

    const std::string short_root = crypto::to_base64(Bytes(31)), long_root = crypto::to_base64(Bytes(33));
    const std::vector<std::string> refused{"\n042\n" + root64_ + "\n",
                                           "\n+42\n" + root64_ + "\n",
                                           "\n-1\n" + root64_ + "\n",
                                           "\n4 2\n" + root64_ + "\n",
                                           "\n18446744073709551616\n" + root64_ + "\n",
                                           "\n9223372036854775808\n" + root64_ + "\n",
                                           "\n0x2a\n" + root64_ + "\n",
                                           "\n\n" + root64_ + "\n",
                                           "\n42\n" + short_root + "\n",
                                           "\n42\n" + long_root + "\n",
                                           std::string("\n42\n"),
                                           std::string("\n42\nnot base64\n"),
                                           std::string("\n"),
                                           "\n0\n" + root64_ + "\n"};
    for (const std::string& body : refused) {
        EXPECT_FALSE(read(origin_ + body)) << body;
    }
    EXPECT_FALSE(verify_checkpoint("", origin_, key_.public_key()));
}

}  // namespace
}  // namespace signalbox::merkle
