// SPDX-License-Identifier: Apache-2.0
#include "common/base/utf8.hpp"

#include <gtest/gtest.h>

namespace signalbox {
namespace {

TEST(Utf8, KeepsWhatIsWellFormed) {
    for (const char* text : {"", "plain", "\xc3\xa9t\xc3\xa9", "\xf0\x9f\x9a\xa6", "\xef\xbf\xbd", "\x1b"}) {
        EXPECT_EQ(as_utf8(text), text);
    }
}

TEST(Utf8, ShowsEachByteThatIsNotACharacter) {
    EXPECT_EQ(as_utf8("a\xff\xc3"), "a\\xff\\xc3");
    EXPECT_EQ(as_utf8("\xc0\xaf"), "\\xc0\\xaf") << "not the shortest form";
    EXPECT_EQ(as_utf8("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "a surrogate";
    EXPECT_EQ(as_utf8("\xf5\x80\x80\x80x"), "\\xf5\\x80\\x80\\x80x") << "beyond Unicode";
}

}  // namespace
}  // namespace signalbox
