// SPDX-License-Identifier: Apache-2.0
// Row 37 of the attack table: texts that are almost checkpoints. Each is read by the specification or
// refused, and nothing crashes.
#include <gtest/gtest.h>

#include "common/crypto/encoding.hpp"
#include "common/merkle/checkpoint.hpp"
#include "common/merkle/cosignature.hpp"

namespace signalbox::merkle {
namespace {

class Attack : public ::testing::Test {
  protected:
    Result<Checkpoint> read(const std::string& note) const {
        return verify_checkpoint(note, origin, key.public_key());
    }
    Result<Checkpoint> signed_over(const std::string& text) const {
        return read(sign_note(text, origin, key));
    }

    const std::string origin = "signalbox.dev/demo";
    const crypto::SigningKey key = crypto::SigningKey::generate();
    const std::string root = crypto::to_base64(crypto::sha256("root").view());
    const std::string body = origin + "\n42\n" + root + "\n";
    const std::string good = sign_note(body, origin, key);
};

TEST_F(Attack, attack_37_sixteen_signatures_are_read_and_seventeen_are_not) {
    std::string note = good;
    for (int i = 0; i < 15; ++i)
        note +=
            cosign(body, "witness.example/" + std::to_string(i), crypto::SigningKey::generate(), Instant{});
    EXPECT_EQ(read(note)->size, 42U);
    note += cosign(body, "witness.example/15", crypto::SigningKey::generate(), Instant{});
    EXPECT_FALSE(read(note));
    for (int i = 0; i < 5000; ++i) note += good.substr(body.size() + 1);
    EXPECT_EQ(read(note).error().code(), Code::resource_exhausted);
}

TEST_F(Attack, attack_37_lines_end_with_lf_alone) {
    std::string crlf;
    for (const char c : good) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
    EXPECT_FALSE(read(crlf));
    EXPECT_FALSE(signed_over(origin + "\r\n42\r\n" + root + "\r\n"));
    EXPECT_FALSE(read(good.substr(0, good.size() - 1)));
    EXPECT_FALSE(read(good + "\n"));
}

TEST_F(Attack, attack_37_a_size_has_one_spelling) {
    for (const char* size : {"042", "00", "+42", "-42", " 42", "42 ", "4_2", "0x2a", "", "42.0", "4e1",
                             "\xd9\xa4\xd9\xa2", "9223372036854775808", "18446744073709551615",
                             "18446744073709551616", "340282366920938463463374607431768211456"})
        EXPECT_FALSE(signed_over(origin + "\n" + size + "\n" + root + "\n")) << size;
    EXPECT_EQ(signed_over(origin + "\n9223372036854775807\n" + root + "\n")->size, 9223372036854775807U);
}

TEST_F(Attack, attack_37_a_root_has_32_bytes) {
    for (const std::size_t bytes : {0U, 31U, 33U, 64U})
        EXPECT_FALSE(signed_over(origin + "\n42\n" + crypto::to_base64(Bytes(bytes, 7)) + "\n")) << bytes;
    std::string bits = root;
    bits[42] = bits[42] == 'A' ? 'B' : static_cast<char>(bits[42] + 1);  // the last digit's unused bits
    EXPECT_FALSE(signed_over(origin + "\n42\n" + bits + "\n")) << bits;
}

TEST_F(Attack, attack_37_extension_lines_are_signed_and_without_meaning) {
    EXPECT_EQ(signed_over(body + "timestamp 1\n\xe2\x80\x94 not a signature AAAA\n")->size, 42U);
    EXPECT_FALSE(signed_over(body + "\nafter an empty line\n"));
    std::string added = good;
    added.insert(body.size(), "added later\n");
    EXPECT_FALSE(read(added));
}

TEST_F(Attack, attack_37_no_cut_and_no_changed_byte_gets_through) {
    for (std::size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(read(good.substr(0, size))) << size;
    for (std::size_t i = 0; i < good.size(); ++i) {
        std::string bent = good;
        bent[i] = static_cast<char>(bent[i] ^ 0x01);
        EXPECT_FALSE(read(bent)) << i;
    }
}

}  // namespace
}  // namespace signalbox::merkle
