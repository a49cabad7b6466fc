// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/digest.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace signalbox::crypto {
namespace {

TEST(Sha256, GivesTheFiguresOfFips180) {
    // NIST "SHA-256 example" (csrc.nist.gov, Cryptographic Standards and Guidelines: Examples), and the empty
    // message.
    EXPECT_EQ(sha256("abc").hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(sha256("").hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Sha256, StreamedInPiecesEqualsWhole) {
    const std::string text(100'000, 'x');
    Sha256 first;
    first.update(as_bytes(text.substr(0, 63)));
    Sha256 moved = std::move(first);
    moved.update({});
    moved.update(as_bytes(text.substr(63)));
    EXPECT_EQ(moved.finish(), sha256(text));
}

TEST(Digest, IsWrittenAndReadInOneWayOnly) {
    const Digest digest = sha256("abc");
    EXPECT_EQ(parse_digest(digest.hex()).value(), digest);
    std::string upper = digest.hex();
    upper[0] = 'B';
    EXPECT_FALSE(parse_digest(upper));
    EXPECT_FALSE(parse_digest(digest.hex().substr(1)));
    EXPECT_FALSE(parse_digest(digest.hex() + "0"));
    EXPECT_FALSE(digest_from_bytes(Bytes(31)));
}

}  // namespace
}  // namespace signalbox::crypto
