// SPDX-License-Identifier: Apache-2.0
#include "controller/app/options.hpp"

#include <gtest/gtest.h>

namespace signalbox::app {
namespace {

TEST(Options, ReadsEveryFlag) {
    const auto line =
        parse_command_line({"--data", "/var/lib/signalbox", "--agent-listen", "0.0.0.0:0", "--https-listen",
                            "[::1]:8443", "--advertise", "deploy.example", "--log-level", "debug",
                            "--fetch-from", "10.20.0.0/16", "--fetch-from", "fd00::/8"});
    ASSERT_FALSE(line.leave) << line.leave->text;
    EXPECT_EQ(line.options.data, "/var/lib/signalbox");
    EXPECT_EQ(line.options.agent.text(), "0.0.0.0:0");
    EXPECT_EQ(line.options.agent.loopback_host(), "127.0.0.1");
    EXPECT_EQ(line.options.https.text(), "[::1]:8443");
    EXPECT_EQ(line.options.operator_grpc.text(), "127.0.0.1:7444");
    EXPECT_EQ(line.options.advertise, "deploy.example");
    EXPECT_EQ(line.options.fetch_networks.size(), 2U);
}

TEST(Options, WrongOnesLeaveWithTwoAndOneLine) {
    for (const std::vector<std::string>& arguments : {std::vector<std::string>{},
                                                      {"--data", "x", "--bogus"},
                                                      {"--data", "x", "--log-level", "loud"},
                                                      {"--data", "x", "--fetch-from", "10.0.0.1/8"},
                                                      {"--data", "x", "--https-listen", "8443"},
                                                      {"--data", "x", "--https-listen", "localhost:1"},
                                                      {"--data", "x", "--https-listen", "127.0.0.1:70000"},
                                                      {"--data", "x", "--https-listen", "127.0.0.1:"}}) {
        const auto line = parse_command_line(arguments);
        ASSERT_TRUE(line.leave);
        EXPECT_EQ(line.leave->exit_code, 2);
        EXPECT_EQ(std::count(line.leave->text.begin(), line.leave->text.end(), '\n'), 1) << line.leave->text;
    }
}

TEST(Options, HelpAndVersionLeaveWithZero) {
    EXPECT_EQ(parse_command_line({"--version"}).leave->text.rfind("signalboxd ", 0), 0U);
    const auto help = parse_command_line({"--help"});
    EXPECT_EQ(help.leave->exit_code, 0);
    EXPECT_NE(help.leave->text.find("--agent-listen"), std::string::npos);
}

}  // namespace
}  // namespace signalbox::app
