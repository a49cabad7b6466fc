// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/terminal.hpp"

#include <gmock/gmock.h>

#include "controller/cli/line.hpp"
#include "controller/cli/report.hpp"
#include "controller/cli/screen.hpp"
#include "controller/cli/suggest.hpp"
#include "controller/cli/table.hpp"
#include "controller/cli/words.hpp"

namespace signalbox::cli {
namespace {

using testing::ElementsAre;

TEST(Safe, attack_42_nothing_that_anybody_wrote_can_steer_a_terminal) {
    EXPECT_EQ(safe("a\x1b[2Jb"), "a\\x1b[2Jb");
    EXPECT_EQ(safe("a\r\nb\tc"), "a\\x0d\\nb\\tc");
    EXPECT_EQ(safe("\xe2\x80\xae"
                   "evil"),
              "\\u202eevil");  // right-to-left override
    EXPECT_EQ(safe("\xc2\x9b"
                   "31m"),
              "\\u009b31m");                             // C1 CSI
    EXPECT_EQ(safe("\xff\xc0\xaf"), "\\xff\\xc0\\xaf");  // not UTF-8, and an over-long '/'
    EXPECT_EQ(safe("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // a surrogate
    EXPECT_EQ(safe(std::string_view("a\0b", 3)), "a\\x00b");
    EXPECT_EQ(safe("größe 東京"), "größe 東京");
}

TEST(Columns, AreWhatATerminalShows) {
    EXPECT_EQ(columns("größe"), 5U);
    EXPECT_EQ(columns("東京"), 4U);
    EXPECT_EQ(columns("e\xcc\x81"), 1U);  // e and a combining acute
    EXPECT_EQ(fit("東京都庁", 5), "東京…");
    EXPECT_EQ(fit("abc", 3), "abc");
    EXPECT_EQ(pad_left("é", 3), "  é");
}

TEST(Table, AlignsAndIsCutOnlyOnATerminal) {
    Table table({{"HOST"}, {"N", false, true}, {"WHAT", true}});
    table.add({"web-größe", "7", "a long remark that does not fit"});
    table.add({"db", "12", ""});
    Terminal pipe;
    EXPECT_THAT(table.lines(pipe),
                ElementsAre("HOST        N  WHAT", "web-größe   7  a long remark that does not fit",
                            "db         12  -"));
    Terminal screen;
    screen.interactive = true;
    screen.width = 41;
    EXPECT_THAT(
        table.lines(screen),
        ElementsAre("HOST        N  WHAT", "web-größe   7  a long remark that does n…", "db         12  -"));
}

// At 80 columns what people came for was cut to a stump.
TEST(Table, WritesBelowWhatWouldBeCutToAStump) {
    Terminal screen;
    screen.interactive = true;
    screen.width = 40;
    Table digests({{"SHA256", true}, {"SIZE", false, true}, {"FORMAT"}, {"SOURCE", true}});
    digests.add({std::string(36, 'a'), "1 B", "tar.zst", "git:x"});
    EXPECT_THAT(digests.lines(screen), ElementsAre("SIZE  FORMAT   SOURCE", "    SHA256",
                                                   " 1 B  tar.zst  git:x", "    " + std::string(36, 'a')));
    Table entries({{"TIME"}, {"WHAT"}, {"ABOUT", true}});
    entries.add({"2026-11-23T09:00:00Z", "decision", "a text of many words that goes on and on and on"});
    entries.add({"2026-11-23T09:00:01Z", "decision", ""});
    EXPECT_THAT(entries.lines(screen),
                ElementsAre("TIME                  WHAT", "    ABOUT", "2026-11-23T09:00:00Z  decision",
                            "    a text of many words that goes on", "    and on and on",
                            "2026-11-23T09:00:01Z  decision"));
}

TEST(Table, LeavesOutWhatIsEmptyWhenThereIsNoRoom) {
    Terminal screen;
    screen.interactive = true;
    screen.width = 40;
    Table table({{"HOST"}, {"RELEASES", true}, {"PROBLEM", true}});
    table.add({"web-1", "payments=2.14.0 shop=1.1.0 b=1", ""});
    EXPECT_THAT(table.lines(screen), ElementsAre("HOST   RELEASES", "web-1  payments=2.14.0 shop=1.1.0 b=1"));
    EXPECT_THAT(table.lines({}), ElementsAre("HOST   RELEASES                        PROBLEM",
                                             "web-1  payments=2.14.0 shop=1.1.0 b=1  -"));
}

TEST(Table, attack_42_cells_are_escaped_and_a_megabyte_of_name_is_cut) {
    Table table({{"HOST", true}, {"STATE"}});
    table.add({"\x1b]0;owned\x07", "active"});
    table.add({"<img onerror=x>" + std::string(1 << 20, 'n'), "active"});
    EXPECT_THAT(table.lines({})[1], testing::StartsWith("\\x1b]0;owned\\x07 "));
    Terminal screen;
    screen.interactive = true;
    screen.width = 40;
    for (const std::string& line : table.lines(screen)) EXPECT_LE(columns(line), 40U);
}

TEST(Line, IsCutToTheTerminalWithoutCuttingColour) {
    Terminal screen;
    screen.interactive = screen.color = true;
    screen.width = 8;
    EXPECT_EQ(Line(screen).add("abcde", Tone::good).add("fghij", Tone::bad).add("more").text(),
              "\x1b[32mabcde\x1b[0m\x1b[31mfg…\x1b[0m");
    EXPECT_EQ(Line(uncut(screen)).add("abcde").add("fghij").text(), "abcdefghij");
}

TEST(Words, TimesAndSizes) {
    const Instant now = *parse_rfc3339("2026-11-23T09:00:00Z");
    EXPECT_EQ(relative("2026-11-23T08:56:40Z", now), "3m20s ago");
    EXPECT_EQ(relative("2026-11-27T12:00:00Z", now), "in 4d03h");
    EXPECT_EQ(relative("", now), "-");
    EXPECT_EQ(relative("soon", now), "soon");
    EXPECT_EQ(elapsed(std::chrono::milliseconds(400)), "0s");
    EXPECT_EQ(byte_size(1023), "1023 B");
    EXPECT_EQ(byte_size(1536), "1.5 KiB");
}

TEST(Report, SaysWhatAndWhatNextAndEscapesBoth) {
    const Error error(Code::not_found, "no such \x1b[31mthing", "look\nelsewhere");
    EXPECT_EQ(render_error(error, {}), "error: no such \\x1b[31mthing\nnext: look\\nelsewhere\n");
    EXPECT_EQ(error_json(error),
              "{\"error\":{\"code\":\"not_found\",\"message\":\"no such "
              "\\u001b[31mthing\",\"next\":\"look\\nelsewhere\"}}\n");
}

class Collected final : public Output {
  public:
    Status write(std::string_view more) override {
        text += more;
        ++writes;
        return {};
    }
    std::string text;
    int writes = 0;
};

TEST(Screen, RedrawsInPlaceInOneWriteAndOnlyWhenThereIsNews) {
    Collected out;
    Terminal terminal;
    terminal.height = 3;
    Screen screen(out, terminal);
    ASSERT_TRUE(screen.draw({"one", "two"}));
    ASSERT_TRUE(screen.draw({"one", "two"}));
    ASSERT_TRUE(screen.draw({"three"}));
    EXPECT_EQ(out.writes, 2);
    EXPECT_EQ(out.text, "one\x1b[K\ntwo\x1b[K\n\x1b[J\x1b[2A\rthree\x1b[K\n\x1b[J");
}

TEST(Suggest, FindsTheNearestWord) {
    EXPECT_EQ(nearest("relase", {"release", "ledger", "key"}), "release");
    EXPECT_EQ(nearest("statsu", {"status", "start"}), "status");
    EXPECT_EQ(nearest("frobnicate", {"release", "ledger"}), "");
}

}  // namespace
}  // namespace signalbox::cli
