// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/encoding.hpp"

#include <gtest/gtest.h>

#include <cctype>
#include <string>

namespace signalbox::crypto {
namespace {

TEST(Base64, GivesTheFiguresOfRfc4648Section10) {
    const std::pair<std::string, std::string> figures[] = {{"", ""},
                                                           {"f", "Zg=="},
                                                           {"fo", "Zm8="},
                                                           {"foo", "Zm9v"},
                                                           {"foob", "Zm9vYg=="},
                                                           {"fooba", "Zm9vYmE="},
                                                           {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, encoded] : figures) {
        EXPECT_EQ(to_base64(as_bytes(plain)), encoded);
        EXPECT_EQ(to_text(from_base64(encoded).value()), plain);
        const std::string unpadded = encoded.substr(0, encoded.find('='));
        EXPECT_EQ(to_base64url(as_bytes(plain)), unpadded);
        EXPECT_EQ(to_text(from_base64url(unpadded).value()), plain);
    }
    EXPECT_EQ(to_base64url(Bytes{0xfb, 0xff}), "-_8");
}

// Two texts that decode to the same bytes would let a signed text change without its meaning changing.
TEST(Base64, RefusesEveryOtherSpelling) {
    for (const char* text : {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z", "Zg==\n", " Zg==", "Zm9v=", "Zm-v",
                             "Zm9vY", "====", "Zg==Zg=="}) {
        EXPECT_FALSE(from_base64(text)) << text;
    }
    for (const char* text : {"Zg==", "Zh", "Zm9", "Z", "Zg ", "Zm9v\n", "Zm+v", "Zm/v", "Zm9vY"}) {
        EXPECT_FALSE(from_base64url(text)) << text;
    }
    using namespace std::string_view_literals;
    EXPECT_FALSE(from_base64url("Zm9v\0"sv));
    EXPECT_FALSE(from_base64url("\0Zm9v"sv));
}

// libsodium 1.0.18 takes 0xcf for 'o', among others. Found by tests/fuzz/targets/token.cpp.
TEST(Base64, TakesNoByteOutsideOfItsAlphabet) {
    const std::string both = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    for (int byte = 0; byte < 256; ++byte) {
        const char c = static_cast<char>(byte);
        for (std::size_t at = 0; at < 4; ++at) {
            std::string text = "AAAA";
            text[at] = c;
            const bool padding = c == '=' && at == 3;  // "AAA=" is two bytes
            EXPECT_EQ(from_base64(text).ok(), padding || (both + "+/").find(c) != std::string::npos) << byte;
            EXPECT_EQ(from_base64url(text).ok(), (both + "-_").find(c) != std::string::npos) << byte;
        }
        EXPECT_EQ(from_hex(std::string("0") + c).ok(), std::isxdigit(byte) != 0) << byte;
    }
}

TEST(Hex, ReadsEitherCaseAndNothingElse) {
    EXPECT_EQ(to_hex(Bytes{0x00, 0xab, 0xff}), "00abff");
    EXPECT_EQ(from_hex("00aBFf").value(), (Bytes{0x00, 0xab, 0xff}));
    for (const char* text : {"0", "0g", "0x00", "00 11", "00:11", "001"})
        EXPECT_FALSE(from_hex(text)) << text;
}

TEST(ConstantTimeEqual, ComparesLengthAndContent) {
    EXPECT_TRUE(constant_time_equal(as_bytes("abc"), as_bytes("abc")));
    EXPECT_FALSE(constant_time_equal(as_bytes("abc"), as_bytes("abd")));
    EXPECT_FALSE(constant_time_equal(as_bytes("abc"), as_bytes("ab")));
    EXPECT_TRUE(constant_time_equal({}, {}));
}

}  // namespace
}  // namespace signalbox::crypto
