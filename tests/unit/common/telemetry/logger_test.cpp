// SPDX-License-Identifier: Apache-2.0
#include "common/telemetry/logger.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "common/model/ids.hpp"
#include "common/telemetry/log_text.hpp"

namespace signalbox::telemetry {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

struct Capture {
    std::vector<std::string> lines;
    Logger logger(Format format, Level least = Level::info) {
        return {least, format, [this](std::string_view line) { lines.emplace_back(line); }};
    }
};

TEST(LoggerTest, WritesOneLineOfFieldsInEitherFormat) {
    Capture capture;
    const auto agent = AgentId("a-1");
    capture.logger(Format::logfmt)
        .with({{"component", "fleet"}})
        .info("agent connected", {{"agent", agent}, {"seq", 7}, {"ok", true}, {"note", "two words"}});
    ASSERT_EQ(capture.lines.size(), 1U);
    EXPECT_THAT(capture.lines[0],
                MatchesRegex("time=[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z level=info msg=\"agent connected\" "
                             "component=fleet agent=a-1 seq=7 ok=true note=\"two words\""));
    capture.logger(Format::json)
        .error("it failed", {{"error", Error(Code::internal, "bad", "Look.")}, {"n", -1}});
    EXPECT_THAT(capture.lines[1],
                MatchesRegex("\\{\"time\":\"[^\"]+Z\",\"level\":\"error\",\"msg\":\"it failed\","
                             "\"error\":\"bad. Look.\",\"n\":-1\\}"));
}

TEST(LoggerTest, DropsWhatIsBelowTheLevel) {
    Capture capture;
    const Logger logger = capture.logger(Format::logfmt, Level::warning);
    logger.info("no");
    logger.debug("no");
    logger.warning("yes");
    Logger::silent().error("no");
    EXPECT_EQ(capture.lines.size(), 1U);
    EXPECT_FALSE(parse_level("loud").ok());
    EXPECT_EQ(parse_level("debug").value(), Level::debug);
}

TEST(LoggerTest, NothingThatAHostSaysBreaksALineOrATerminal) {
    Capture capture;
    capture.logger(Format::logfmt)
        .info("host said\nlevel=error",
              {{"host", "\x1b[2J\r\nmsg=forged"}, {"rtl", "a\u202Eb"}, {"raw", "\xff\xc0\x80"}});
    const std::string& line = capture.lines.at(0);
    EXPECT_THAT(line, HasSubstr("\"host said\\nlevel=error\""));
    EXPECT_THAT(line, HasSubstr("\\u001b[2J\\u000d\\nmsg=forged"));
    EXPECT_THAT(line, HasSubstr("a\\u202eb"));
    EXPECT_THAT(line, Not(HasSubstr("\n")));
    EXPECT_THAT(line, Not(HasSubstr("\x1b")));
    EXPECT_THAT(line, Not(HasSubstr("\xff")));
    EXPECT_EQ(escape("grün €"), "grün €");
}

TEST(LoggerTest, NoSecretOfOursIsEverWritten) {
    Capture capture;
    const Logger logger = capture.logger(Format::json);
    logger.info("got sbk_0123456789ab_CANARY and k4.secret.CANARY",
                {{"line", "sbj1.CANARY-_x rest"},
                 {"order", "token v4.public.CANARY.CANARY!"},
                 {"api_key", "CANARY"},
                 {"join_secret", "CANARY"},
                 {"password", 12345},
                 {"url", "https://me:CANARY@git.example/x@y and http://h/p"}});
    EXPECT_THAT(capture.lines.at(0), Not(HasSubstr("CANARY")));
    EXPECT_THAT(capture.lines.at(0), Not(HasSubstr("12345")));
    EXPECT_THAT(capture.lines.at(0), HasSubstr("sbj1.[redacted] rest"));
    EXPECT_THAT(capture.lines.at(0), HasSubstr("https://[redacted]@git.example/x@y and http://h/p"));
    EXPECT_FALSE(is_secret_name("tokens_minted"));
}

TEST(LoggerTest, ManyThreadsShareOneOutput) {
    Capture capture;
    const Logger logger = capture.logger(Format::logfmt);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            for (int n = 0; n < 100; ++n) logger.info("line", {{"n", n}});
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(capture.lines.size(), 400U);
}

}  // namespace
}  // namespace signalbox::telemetry
