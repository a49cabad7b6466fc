// SPDX-License-Identifier: Apache-2.0
#include "common/merkle/signed_note.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/crypto/encoding.hpp"
#include "common/merkle/checkpoint.hpp"

namespace signalbox::merkle {
namespace {

// The example of golang.org/x/mod/sumdb/note (package documentation), also in c2sp.org/signed-note's lineage.
constexpr const char* kNote =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\xe2\x80\x94 PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    "\n";
constexpr const char* kVerifier = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

crypto::PublicKey neumann() {
    const Bytes raw = crypto::from_base64("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW").value();
    return crypto::PublicKey::from_bytes(ByteView(raw).subspan(1)).value();
}

TEST(SignedNote, TheGoExampleVerifies) {
    const Note note = parse_note(kNote).value();
    EXPECT_TRUE(verify_note(note, "PeterNeumann", neumann()));
    EXPECT_EQ(verifier_key("PeterNeumann", neumann()), kVerifier);
    EXPECT_FALSE(verify_note(note, "PeterNeuman", neumann()));
    EXPECT_FALSE(verify_note(note, "PeterNeumann", crypto::SigningKey::generate().public_key()));

    std::string changed = kNote;
    changed[0] = 'i';
    EXPECT_EQ(verify_note(parse_note(changed).value(), "PeterNeumann", neumann()).error().code(),
              Code::refused);
}

TEST(SignedNote, AForeignSignatureBesideOursIsNotLookedAt) {
    const auto ours = crypto::SigningKey::generate(), witness = crypto::SigningKey::generate();
    const std::string text = "body\n";
    const std::string by_witness = sign_note(text, "witness.example", witness);
    const std::string both = sign_note(text, "log.example", ours) + by_witness.substr(text.size() + 1);
    const Note note = parse_note(both).value();
    EXPECT_EQ(note.signatures.size(), 2U);
    EXPECT_TRUE(verify_note(note, "log.example", ours.public_key()));
    EXPECT_TRUE(verify_note(note, "witness.example", witness.public_key()));
    EXPECT_FALSE(verify_note(note, "log.example", witness.public_key()));
}

TEST(SignedNote, RefusesOtherForms) {
    const auto key = crypto::SigningKey::generate();
    const std::string good = sign_note("a\nb\n", "n", key);
    ASSERT_TRUE(parse_note(good));
    const std::string line = good.substr(5);
    const std::vector<std::string> refused{std::string(),
                                           std::string("a\n"),
                                           std::string("\n\n"),
                                           "a\nb\n\n",
                                           good.substr(0, good.size() - 1),
                                           "a\r\nb\r\n\r\n" + line,
                                           "a\tb\n\n" + line,
                                           good + "\n",
                                           good + "- n AAAAAAAA\n",
                                           "a\n\n- n AAAAAAAA\n",
                                           "a\n\n\xe2\x80\x94 nAAAAAAAA\n",
                                           "a\n\n\xe2\x80\x94  AAAAAAAA\n",
                                           "a\n\n\xe2\x80\x94 n AAAA\n",
                                           "a\n\n\xe2\x80\x94 n+1 AAAAAAAA\n",
                                           "\xff\n\n" + line,
                                           "a\n\n\xe2\x80\x94 n AAAAAAA\n"};
    for (const std::string& bad : refused) {
        EXPECT_FALSE(parse_note(bad)) << bad;
    }
    std::string many = good;
    for (int i = 0; i < 15; ++i) many += line;
    EXPECT_TRUE(parse_note(many)) << "16 are allowed";
    EXPECT_FALSE(parse_note(many + line)) << "17 are not";
    EXPECT_EQ(parse_note(std::string(70'000, 'x')).error().code(), Code::resource_exhausted);
}

}  // namespace
}  // namespace signalbox::merkle
