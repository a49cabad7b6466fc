// SPDX-License-Identifier: Apache-2.0
#include "common/merkle/tlog_proof.hpp"

#include <gtest/gtest.h>

#include "common/crypto/encoding.hpp"

namespace signalbox::merkle {
namespace {

// The shape of the example in c2sp.org/tlog-proof (whose base64 is shortened there).
constexpr std::string_view kProof =
    "c2sp.org/tlog-proof@v1\n"
    "extra YWdlLXYxLjIuMQ==\n"
    "index 73894\n"
    "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n"
    "B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=\n"
    "\n"
    "example.com/fancylog\n109482\nsFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=\n\n"
    "\xe2\x80\x94 example.com/fancylog hI2DJw==\n";

TEST(TlogProof, ComesBackAsTheSpecificationWritesIt) {
    const auto proof = parse_tlog_proof(kProof);
    ASSERT_TRUE(proof.ok()) << proof.error().to_string();
    EXPECT_EQ(proof->index, 73894U);
    EXPECT_EQ(proof->extra, to_bytes("age-v1.2.1"));
    ASSERT_EQ(proof->hashes.size(), 2U);
    EXPECT_EQ(crypto::to_base64(proof->hashes[0].view()), "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=");
    EXPECT_TRUE(proof->checkpoint.starts_with("example.com/fancylog\n109482\n"));
    EXPECT_EQ(to_text(*proof), kProof);
    const TlogProof bare{0, {}, "note", {}};
    EXPECT_EQ(to_text(bare), "c2sp.org/tlog-proof@v1\nindex 0\n\nnote");
    EXPECT_EQ(parse_tlog_proof(to_text(bare))->checkpoint, "note");
}

TEST(TlogProof, HasOneSpellingOnly) {
    const std::string hash = crypto::to_base64(Bytes(32)) + "\n";
    const std::string head = "c2sp.org/tlog-proof@v1\n";
    std::string many;
    for (int i = 0; i < 64; ++i) many += hash;
    for (const std::string& bad :
         {std::string(), std::string("c2sp.org/tlog-proof@v2\nindex 0\n\nx"), head + "index 01\n\nx",
          head + "index -1\n\nx", head + "index 9223372036854775808\n\nx", head + "index  1\n\nx",
          head + "index\n\nx", head + "index 1\n" + hash, head + "index 1\nAAAA\n\nx",
          head + "index 1\n" + many + "\nx", head + "extra !\nindex 1\n\nx",
          head + "index 1\nextra AAAA\n\nx", head + "index 1\r\n\r\nx"}) {
        EXPECT_EQ(parse_tlog_proof(bad).error().code(), Code::invalid_argument) << bad;
    }
}

// The shape of the example in c2sp.org/tlog-witness.
TEST(AddCheckpoint, ComesBackAsTheSpecificationWritesIt) {
    const std::string text =
        "old 20852014\n"
        "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n"
        "jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n"
        "\n"
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    const auto request = parse_add_checkpoint(text);
    ASSERT_TRUE(request.ok()) << request.error().to_string();
    EXPECT_EQ(request->old_size, 20852014U);
    EXPECT_EQ(request->consistency.size(), 2U);
    EXPECT_TRUE(request->checkpoint.starts_with("example.com/behind-the-sofa\n20852163\n"));
    EXPECT_EQ(to_text(*request), text);
    for (const char* bad :
         {"", "old\n\nx", "old 01\n\nx", "old 1\n", "old 1\nAAAA\n\nx", "new 1\n\nx", "old 1 \n\nx"})
        EXPECT_FALSE(parse_add_checkpoint(bad)) << bad;
}

}  // namespace
}  // namespace signalbox::merkle
