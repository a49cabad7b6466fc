// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/credentials.hpp"

#include <gmock/gmock.h>

#include "tests/unit/controller/cli/cli_fixture.hpp"

namespace signalbox::cli {
namespace {

TEST(Credentials, AnAddressThatNobodyCouldCallIsRefusedBeforeAnythingIsMade) {
    EXPECT_TRUE(is_controller_url("https://127.0.0.1:8443"));
    EXPECT_TRUE(is_controller_url("https://ctl.example.net"));
    Person person;
    for (const char* url : {"foo", "http://foo", "https://", "https:///x", "https://a b"}) {
        EXPECT_EQ(person.run({"init", "--cluster", "acme", "--data", person.file("data"), "--url", url}),
                  kUsage)
            << url;
        EXPECT_THAT(person.err.text, testing::HasSubstr("must be https://host:port"));
    }
    EXPECT_TRUE(person.prompt.asked.empty());
    EXPECT_FALSE(path_exists(person.file("data")));
}

}  // namespace
}  // namespace signalbox::cli
