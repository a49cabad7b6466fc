// SPDX-License-Identifier: Apache-2.0
#include "controller/release/dispatch/dispatch_id.hpp"

#include <gtest/gtest.h>

namespace signalbox::dispatch {
namespace {

TEST(DispatchId, ReadsWhatItWrites) {
    for (const char* text : {"shop-1.2.0-7/production/web-1/activate!undo/2", "shop-1-7/a/1#12"}) {
        const auto id = parse_dispatch_id(text);
        ASSERT_TRUE(id.ok()) << text;
        EXPECT_EQ(to_string(*id), text);
    }
}

TEST(DispatchId, RefusesWhatIsNone) {
    for (const char* text :
         {"", "a", "a/b", "a/b/", "a/b/x", "a/b/-1", "a/b/1#", "a/b/1#x", "a/b/99999999999"}) {
        EXPECT_FALSE(parse_dispatch_id(text).ok()) << text;
    }
}

}  // namespace
}  // namespace signalbox::dispatch
