// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/keys.hpp"

#include <gtest/gtest.h>

#include "common/crypto/encoding.hpp"
#include "common/crypto/paserk.hpp"

namespace signalbox::crypto {
namespace {

Bytes hex(std::string_view text) {
    return from_hex(text).value();
}

struct Rfc8032 {
    const char* seed;
    const char* public_key;
    const char* message;
    const char* signature;
};
// RFC 8032 section 7.1, TEST 1, TEST 2, TEST 3.
constexpr Rfc8032 kRfc8032[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f"
     "0595b"
     "be24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2ea"
     "eb430"
     "2aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e"
     "9716e"
     "d28dc027beceea1ec40a"},
};

TEST(Ed25519, GivesTheFiguresOfRfc8032) {
    for (const Rfc8032& test : kRfc8032) {
        const SigningKey key = SigningKey::from_seed(hex(test.seed)).value();
        EXPECT_EQ(to_hex(key.public_key().bytes()), test.public_key);
        const Signature signature = key.sign_now(hex(test.message));
        EXPECT_EQ(to_hex(signature), test.signature);
        EXPECT_TRUE(key.public_key().verify(hex(test.message), signature));
    }
}

TEST(Ed25519, AnyChangedBitIsNoticed) {
    const Rfc8032& test = kRfc8032[2];
    const PublicKey key = PublicKey::from_bytes(hex(test.public_key)).value();
    const Signature good = signature_from_bytes(hex(test.signature)).value();
    for (std::size_t bit = 0; bit < 512; ++bit) {
        Signature bad = good;
        bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1U << (bit % 8)));
        EXPECT_FALSE(key.verify(hex(test.message), bad)) << bit;
    }
    EXPECT_FALSE(key.verify(hex("af83"), good));
    EXPECT_FALSE(key.verify(hex("af8200"), good));
    // S + L is the same number modulo the group order, so a lax verifier takes it (RFC 8032 5.1.7 refuses
    // it).
    const Bytes order = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    Signature malleable = good;
    unsigned carry = 0;
    for (std::size_t i = 0; i < 32; ++i) {
        carry += malleable[32 + i] + unsigned{order[i]};
        malleable[32 + i] = static_cast<std::uint8_t>(carry);
        carry >>= 8;
    }
    EXPECT_FALSE(key.verify(hex(test.message), malleable));
    EXPECT_FALSE(signature_from_bytes(Bytes(63)));
}

// The 22 public keys of C2SP/CCTV ed25519/ed25519vectors.json: every point of low order in every encoding,
// and one key with each low-order part. A lax library takes them all, and some sign for every message.
TEST(PublicKey, attack_17_twenty_one_of_the_twenty_two_hostile_keys_of_cctv_are_refused) {
    const char* const hostile[] = {
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "10eb7c3acfb2bed3e0d6ab89bf5a3d6afddd1176ce4812e38d9fd485058fdb1f",
        "015ff595e4e0add00dde896efa66ea4f6848c4396410c693c92232aa64861d4f",
        "fe894df18abf1c20088bfbe6c9ad45d42ec20663eaf7111eaea1d851da0d7f89",
        "86e72f5c2a7215151059aa151c0ee6f8e2155d301402f35d7498f078629a8f79",
        "dd1483c5304d412c1f29547640a5c2950222ee8931b7ed1c72602b7afa7024e0",
        "eca00a6a1b1f522ff2217691059915b097b73bc69bef396c36ddcd559b79e2b0",
        "6718d0a3d58deaeaefa655eae3f119071deaa2cfebfd0ca28b670f879d657086",
    };
    for (const char* key : hostile) EXPECT_FALSE(PublicKey::from_bytes(hex(key))) << key;
    EXPECT_TRUE(
        PublicKey::from_bytes(hex("ef75b20e7540e3dff77404193652ba2bd13df99c1508eee1515e27ae25f28076")));
    EXPECT_FALSE(PublicKey::from_bytes(Bytes(31)));
}

TEST(Paserk, GivesTheFiguresOfTheTestVectors) {
    // github.com/paseto-standard/test-vectors PASERK/k4.public.json and k4.pid.json: these bytes are not all
    // points of the curve, so they go through the codec.
    const std::tuple<const char*, const char*, const char*> figures[] = {
        {"0000000000000000000000000000000000000000000000000000000000000000",
         "k4.public.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
         "k4.pid.S_XQmeEwHbbvRmiyfXfHYpLGjXGzjTRSDoT1YtTakWFE"},
        {"707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f",
         "k4.public.cHFyc3R1dnd4eXp7fH1-f4CBgoOEhYaHiImKi4yNjo8",
         "k4.pid.9ShR3xc8-qVJ_di0tc9nx0IDIqbatdeM2mqLFBJsKRHs"},
        {"707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e90",
         "k4.public.cHFyc3R1dnd4eXp7fH1-f4CBgoOEhYaHiImKi4yNjpA",
         "k4.pid.-nyvbaTz8U6TQz7OZWW-iB3va31iAxIpUgzUcVQVmW9A"}};
    for (const auto& [raw, text, id] : figures) {
        EXPECT_EQ(paserk::public_text(hex(raw)), text);
        EXPECT_EQ(paserk::public_id(hex(raw)), id);
    }
    // PASERK/k4.secret.json (as corrected to hold the public key, copied in dajiaji/pyseto).
    const std::pair<const char*, const char*> secrets[] = {
        {"0000000000000000000000000000000000000000000000000000000000000000",
         "k4.secret.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA7aie8zrakLWKjqNAqbw1zZTIVdx3iQ6Y6wEihi1naKQ"},
        {"707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f",
         "k4.secret.cHFyc3R1dnd4eXp7fH1-f4CBgoOEhYaHiImKi4yNjo8c5WpIyC_5kWKhS8VEYSZ05dYfuTF-ZdQFV4D9vLTcNQ"},
        {"707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e90",
         "k4.secret.cHFyc3R1dnd4eXp7fH1-f4CBgoOEhYaHiImKi4yNjpBg_jdXGl1ufTCxUVTOSp-5LHDIcISPTM3xYmWICX9z9w"}};
    for (const auto& [seed, text] : secrets) {
        const SigningKey key = SigningKey::from_seed(hex(seed)).value();
        EXPECT_EQ(to_text(key.paserk().expose()), text);
        EXPECT_EQ(SigningKey::from_paserk(text)->public_key(), key.public_key());
    }
}

TEST(Paserk, RefusesKeysOfAnotherKindLengthOrSpelling) {
    const SigningKey key = SigningKey::generate();
    const std::string text = key.public_key().paserk();
    EXPECT_EQ(PublicKey::from_paserk(text).value(), key.public_key());
    for (const std::string& bad :
         {text + "=", text + "AAAA", text.substr(0, text.size() - 4), "k3" + text.substr(2),
          "k4.secret." + text.substr(10), " " + text, text + "\n", std::string()}) {
        EXPECT_FALSE(PublicKey::from_paserk(bad)) << bad;
    }
    for (int byte = 0x80; byte < 0x100; ++byte) {
        std::string changed = text;
        changed[12] = static_cast<char>(byte);
        EXPECT_FALSE(PublicKey::from_paserk(changed)) << byte;
    }
    EXPECT_EQ(parse_key_id(key.public_key().id().str()).value(), key.public_key().id());
    EXPECT_FALSE(parse_key_id(text));
    EXPECT_FALSE(parse_key_id(key.public_key().id().str() + "A"));
    EXPECT_FALSE(parse_key_id("k4.pid."));
}

TEST(Paserk, RefusesASecretKeyWithAForeignPublicHalf) {
    const SigningKey mine = SigningKey::generate(), other = SigningKey::generate();
    Bytes both(mine.expose().begin(), mine.expose().begin() + 32);
    both.insert(both.end(), other.public_key().bytes().begin(), other.public_key().bytes().end());
    EXPECT_FALSE(SigningKey::from_paserk(to_text(paserk::secret_text(both).expose())));
}

TEST(PublicKey, PemIsWhatOpensslWrites) {
    // The key and PEM of github.com/paseto-standard/test-vectors v4.json, 4-S-1.
    EXPECT_EQ(
        PublicKey::from_bytes(hex("1eb9dbbbbc047c03fd70604e0071f0987e16b28b757225c11f00415d0e20b1a2"))->pem(),
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAHrnbu7wEfAP9cGBOAHHwmH4Wsot1ciXBHwBBXQ4gsaI=\n"
        "-----END PUBLIC KEY-----\n");
}

}  // namespace
}  // namespace signalbox::crypto
