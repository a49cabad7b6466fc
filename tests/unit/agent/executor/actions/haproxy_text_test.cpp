// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/executor/actions/traffic_shift/runtime_text.hpp"

namespace signalbox::actions {
namespace {

constexpr std::string_view kState =
    "1\n"
    "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time\n"
    "3 web 1 blue 127.0.0.1 2 0 100 100 5\n"
    "3 web 2 green 127.0.0.1 2 0 0 1 5\n"
    "\n";

TEST(HaproxyText, weights_by_server) {
    const auto weights = parse_servers_state(kState, "web");
    ASSERT_TRUE(weights.ok()) << weights.error().to_string();
    EXPECT_EQ(*weights, (Weights{{"blue", 100}, {"green", 0}}));
}

TEST(HaproxyText, what_is_not_that_table_is_an_error) {
    EXPECT_EQ(parse_servers_state("Can't find backend.\n", "web").error().code(), Code::not_found);
    EXPECT_EQ(parse_servers_state(kState, "other").error().code(), Code::not_found);
    EXPECT_FALSE(parse_servers_state("", "web").ok());
    EXPECT_FALSE(parse_servers_state("2\n# be_name\n", "web").ok());
    EXPECT_FALSE(parse_servers_state("1\n# be_name srv_name srv_uweight\nweb blue\n", "web").ok());
    EXPECT_FALSE(parse_servers_state("1\n# be_name srv_name srv_uweight\nweb blue many\n", "web").ok());
    EXPECT_FALSE(parse_servers_state("1\n# be_name srv_name\nweb blue\n", "web").ok());
}

TEST(HaproxyText, sessions_by_server) {
    const auto sessions = parse_sessions(
        "# pxname,svname,qcur,scur,\nweb,blue,0,3,\nother,blue,0,9,\nweb,BACKEND,0,3,\n\n", "web");
    ASSERT_TRUE(sessions.ok()) << sessions.error().to_string();
    EXPECT_EQ(sessions->at("blue"), 3);
}

}  // namespace
}  // namespace signalbox::actions
