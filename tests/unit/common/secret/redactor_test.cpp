// SPDX-License-Identifier: Apache-2.0
#include "common/secret/redactor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/crypto/encoding.hpp"

namespace signalbox::secret {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kValue = "p4ss/w\"rd &+\xC3\xA9 canary";

Patterns patterns_of(std::string_view value) {
    Values values;
    values.emplace("DB_PASSWORD", crypto::SecretBytes::from_text(value));
    return Patterns(values);
}

TEST(Redactor, every_common_form_is_taken_out) {
    const Patterns patterns = patterns_of(kValue);
    const std::string value(kValue);
    const std::vector<std::string> forms = {
        value,
        crypto::to_hex(as_bytes(kValue)),
        "p4ss%2Fw%22rd%20%26%2B%C3%A9%20canary",
        "p4ss%2fw%22rd%20%26%2b%c3%a9%20canary",
        "p4ss%2Fw%22rd+%26%2B%C3%A9+canary",
        "p4ss/w%22rd%20%26%2B%C3%A9%20canary",
        "p4ss/w\\\"rd &+\xC3\xA9 canary",
        "p4ss\\/w\\\"rd &+\xC3\xA9 canary",
    };
    for (const std::string& form : forms)
        EXPECT_EQ(patterns.redacted("a " + form + " z"), "a [secret] z") << form;
    // As the password of a "user:password" in base64, with any length before it.
    for (const std::string before : {"", "u", "us", "use", "user:"}) {
        for (const std::string after : {"", "1", "12"}) {
            for (const std::string& text : {crypto::to_base64(as_bytes(before + value + after)),
                                            crypto::to_base64url(as_bytes(before + value + after))}) {
                const std::string seen = patterns.redacted("Basic " + text);
                EXPECT_THAT(seen, HasSubstr("[secret]"));
                // At most the characters that the neighbours share with it are left: four before, four after.
                EXPECT_LE(seen.size(), std::string("Basic [secret]").size() + before.size() * 4 / 3 + 3 +
                                           after.size() * 4 / 3 + 5)
                    << seen;
            }
        }
    }
}

TEST(Redactor, pieces_of_any_size_give_the_same) {
    const Patterns patterns = patterns_of("secretive-canary");
    std::string text;
    for (int i = 0; i < 600; ++i)
        text += "line " + std::to_string(i) + " secretive-canarysecretive-canary end\n";
    const std::string whole = patterns.redacted(text);
    EXPECT_THAT(whole, Not(HasSubstr("canary")));
    EXPECT_THAT(whole, HasSubstr("line 0 [secret] end\n"));
    EXPECT_THAT(whole, HasSubstr("line 599 [secret] end\n"));
    for (const std::size_t size : {1U, 7U, 16U, 4096U, 10'000U}) {
        std::string seen;
        Redactor redactor(patterns, [&](std::string_view piece) { seen += piece; });
        for (std::size_t at = 0; at < text.size(); at += size)
            redactor.add(std::string_view(text).substr(at, size));
        redactor.finish();
        EXPECT_EQ(seen, whole) << size;
    }
}

// A step that prints nothing but its secret, without end, must not fill the executor's memory.
TEST(Redactor, overlapping_secrets_are_one_and_need_no_memory) {
    const Patterns patterns = patterns_of("aaaaaaaa");
    std::string seen;
    Redactor redactor(patterns, [&](std::string_view piece) { seen += piece; });
    redactor.add("b");
    for (int i = 0; i < 1000; ++i) redactor.add(std::string(1000, 'a'));
    redactor.add("c");
    redactor.finish();
    EXPECT_EQ(seen, "b[secret]c");
}

TEST(Redactor, the_lines_of_a_key_are_secrets_too) {
    const Patterns patterns = patterns_of("-----BEGIN-----\nMIIEvAIBADAN\r\nBgkqhkiG9w0B\n");
    EXPECT_EQ(patterns.redacted("  MIIEvAIBADAN;\n  BgkqhkiG9w0B"), "  [secret];\n  [secret]");
}

TEST(Redactor, without_secrets_nothing_changes) {
    const Patterns none;
    EXPECT_EQ(none.redacted("as it is"), "as it is");
}

}  // namespace
}  // namespace signalbox::secret
