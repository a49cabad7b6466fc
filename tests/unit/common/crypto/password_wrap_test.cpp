// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "common/crypto/encoding.hpp"
#include "common/crypto/key_file.hpp"
#include "tests/fakes/fixed_random.hpp"

namespace signalbox::crypto {
namespace {

constexpr PasswordCost kCheap{8192, 1};

SecretBytes password(std::string_view text) {
    return SecretBytes::from_text(text);
}

// Figures k4.secret-pw-1 and -2 of github.com/paseto-standard/test-vectors, PASERK/k4.secret-pw.json.
TEST(PasswordWrap, OpensThePaserkVectors) {
    const char* const texts[] = {
        "k4.secret-pw.Stkwnh1lHUA7p3t2GDRxdQAAAAAEAAAAAAAAAgAAAAEUtfYRjsLAnE5hGX0Ni8H_"
        "W2XdVz5laZ9MdByIYgnDQnXEEx7N"
        "yXzBHhKdNVa12XhSLNTNMLuSo5kDMsJUHlEMt8yIE-"
        "F7GMDvBXTFvNFniK1Ao0TreYqIYTSKfIvfcZhwiWuHqFGddVhOvTrNt8zi53Ie"
        "F-g089U",
        "k4.secret-pw.8SqqKhga2erPtJdHMtSD3QAAAAAQAAAAAAAAAwAAAAFgsqMCqzX86kHsjfVlP05h7FBHA-"
        "438QAYiiTY4IhpGLDnZLmx"
        "LrB4A6P_cC_o2zZR_kxzf5NgsmrsAe-FgrI4e0zd2FhVC3G9d6huc8aKqe-wcUSTLpQsCFTnkuVHM2_sIXQaPoKQl14g-"
        "ZjmGEMjtVXi"
        "DX6Tb2k"};
    for (const char* text : texts) {
        const auto key = unwrap_with_password(text, password("correct horse battery staple"));
        ASSERT_TRUE(key) << key.error().message();
        EXPECT_EQ(to_hex(key->expose()),
                  "707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f"
                  "1ce56a48c82ff99162a14bc544612674e5d61fb9317e65d4055780fdbcb4dc35");
    }
}

TEST(PasswordWrap, ComesBackOnlyWithThePasswordAndUnchanged) {
    fakes::FixedRandom random;
    const SigningKey key = SigningKey::generate();
    const std::string text = wrap_with_password(key, password("pw"), random, kCheap).value();
    EXPECT_TRUE(is_password_wrapped(text));
    EXPECT_EQ(unwrap_with_password(text, password("pw"))->public_key(), key.public_key());
    EXPECT_EQ(unwrap_with_password(text, password("PW")).error().code(), Code::permission_denied);
    EXPECT_EQ(unwrap_with_password(text, password("")).error().code(), Code::permission_denied);

    std::string changed = text;
    changed[text.size() - 60] = changed[text.size() - 60] == 'A' ? 'B' : 'A';
    EXPECT_EQ(unwrap_with_password(changed, password("pw")).error().code(), Code::permission_denied);
    EXPECT_NE(wrap_with_password(key, password("pw"), random, kCheap).value(), text) << "salt used twice";
}

// A key file from a stranger must not be able to take all memory or a day of processor time.
TEST(PasswordWrap, RefusesHostileCosts) {
    const auto with_cost = [](std::initializer_list<std::uint8_t> cost) {
        Bytes sealed(16 + 16 + 24 + 64 + 32);
        std::copy(cost.begin(), cost.end(), sealed.begin() + 16);
        return unwrap_with_password("k4.secret-pw." + to_base64url(sealed), password("x")).error().code();
    };
    EXPECT_EQ(with_cost({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfc, 0x00, 0, 0, 0, 1, 0, 0, 0, 1}),
              Code::resource_exhausted);
    EXPECT_EQ(with_cost({0, 0, 0, 0, 0, 1, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1}),
              Code::resource_exhausted);
    EXPECT_EQ(with_cost({0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2}), Code::invalid_argument);
    EXPECT_EQ(with_cost({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1}), Code::invalid_argument);
    EXPECT_FALSE(unwrap_with_password("k4.secret-pw.AAAA", password("x")));
    EXPECT_FALSE(unwrap_with_password("k3.secret-pw.AAAA", password("x")));
}

}  // namespace
}  // namespace signalbox::crypto
