// SPDX-License-Identifier: Apache-2.0
#include "common/dsse/dsse.hpp"

#include <gtest/gtest.h>

#include "common/crypto/encoding.hpp"

namespace signalbox::dsse {
namespace {

TEST(Dsse, PaeIsTheExampleOfTheSpecification) {
    // github.com/secure-systems-lab/dsse, protocol.md, "Test vectors".
    EXPECT_EQ(pae("http://example.com/HelloWorld", "hello world"),
              "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    EXPECT_EQ(pae("", ""), "DSSEv1 0  0 ");
    EXPECT_EQ(pae("t", "\xc3\xa9"), "DSSEv1 1 t 2 \xc3\xa9") << "lengths count bytes";
}

TEST(Dsse, ComesBackAsItWasAndTheSignatureHolds) {
    const auto key = crypto::SigningKey::generate(), other = crypto::SigningKey::generate();
    Envelope envelope{"text/plain", std::string("any\0bytes\xff", 10), {}};
    ASSERT_TRUE(add_signature(envelope, key));
    const Envelope read = parse(serialize(envelope)).value();
    EXPECT_EQ(read.payload, envelope.payload);
    EXPECT_TRUE(signed_by(read, key.public_key()));
    EXPECT_FALSE(signed_by(read, other.public_key()));

    Envelope changed = read;
    changed.payload[0] = 'A';
    EXPECT_FALSE(signed_by(changed, key.public_key()));
    changed = read;
    changed.payload_type = "text/html";
    EXPECT_FALSE(signed_by(changed, key.public_key())) << "the type is signed too";
    changed = read;
    changed.signatures[0].keyid = other.public_key().id();
    EXPECT_FALSE(signed_by(changed, other.public_key()));
    EXPECT_FALSE(signed_by(changed, key.public_key())) << "a signature under another's id does not count";
}

TEST(Dsse, RefusesEverythingButItsOneForm) {
    const auto key = crypto::SigningKey::generate();
    Envelope envelope{"t", "p", {}};
    ASSERT_TRUE(add_signature(envelope, key));
    const std::string good = serialize(envelope);
    ASSERT_TRUE(parse(good));
    const auto with = [&](std::string_view from, std::string_view to) {
        std::string text = good;
        text.replace(text.find(from), from.size(), to);
        return parse(text);
    };
    EXPECT_FALSE(with("\"payload\":\"cA==\"", "\"payload\":\"cA\"")) << "unpadded";
    EXPECT_FALSE(with("\"payload\":\"cA==\"", "\"payload\":\"cB==\"")) << "loose bits";
    EXPECT_FALSE(with("\"payload\":\"cA==\"", "\"payload\":\"cA==\",\"payload\":\"cQ==\"")) << "twice";
    EXPECT_FALSE(with("\"payload\":\"cA==\"", "\"payload\":\"cA==\",\"extra\":1"));
    EXPECT_FALSE(with("\"payload\":\"cA==\",", ""));
    EXPECT_FALSE(with("\"keyid\":\"k4.pid.", "\"keyid\":\"k4.sid."));
    EXPECT_FALSE(with("\"sig\":\"", "\"sig\":\"AAAA"));
    EXPECT_FALSE(parse("[]"));
    EXPECT_FALSE(parse(""));
    EXPECT_EQ(parse(good, 20).error().code(), Code::resource_exhausted);

    for (int i = 0; i < 64; ++i) envelope.signatures.push_back(envelope.signatures[0]);
    EXPECT_EQ(parse(serialize(envelope)).error().code(), Code::resource_exhausted);
}

}  // namespace
}  // namespace signalbox::dsse
