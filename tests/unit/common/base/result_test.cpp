// SPDX-License-Identifier: Apache-2.0
#include "common/base/result.hpp"

#include <gtest/gtest.h>

#include "common/base/last_words.hpp"

namespace signalbox {
namespace {

Result<int> half(int n) {
    if (n % 2 != 0) return Error{Code::invalid_argument, "odd", "Give an even number."};
    return n / 2;
}

Result<int> quarter(int n) {
    SB_TRY(const int h, half(n).with_context("first half"));
    return half(h).with_context("second half");
}

TEST(Result, CarriesTheValueOrWhereItFailedAndWhatToDo) {
    EXPECT_EQ(quarter(12).value(), 3);
    const auto failed = quarter(6);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code(), Code::invalid_argument);
    EXPECT_EQ(failed.error().to_string(), "second half: odd. Give an even number.");
    EXPECT_EQ(last_words("halve", failed.error()), "halve: second half: odd\nnext: Give an even number.\n");
}

TEST(Result, ReadingTheWrongSideTerminates) {
    EXPECT_DEATH((void)half(3).value(), "");
}

}  // namespace
}  // namespace signalbox
