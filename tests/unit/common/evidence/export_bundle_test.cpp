// SPDX-License-Identifier: Apache-2.0
#include "common/evidence/export_bundle.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "common/evidence/line_source.hpp"

namespace signalbox::evidence {
namespace {

TEST(ExportBundle, LinesComeBackAsTheyWere) {
    const Header header = parse_header(to_line(Header{ClusterId{"demo"}, 3, "note\n"})).value();
    EXPECT_EQ(header.cluster_id, ClusterId{"demo"});
    EXPECT_EQ(header.size, 3U);
    EXPECT_EQ(header.checkpoint, "note\n");
    const Line entry = parse_line(to_line(Entry{2, "leaf", "{\"envelope\":\"\xc3\xa9\"}"})).value();
    EXPECT_EQ(std::get<Entry>(entry).index, 2U);
    EXPECT_EQ(std::get<Entry>(entry).envelope, "{\"envelope\":\"\xc3\xa9\"}");
    EXPECT_EQ(std::get<PastCheckpoint>(parse_line(to_line(PastCheckpoint{"n"})).value()).checkpoint, "n");
}

TEST(ExportBundle, LinesAreReadStrictly) {
    for (const char* line :
         {"", "{}", "[]", R"({"index":0,"leaf":"l"})", R"({"index":-1,"leaf":"l","envelope":"e"})",
          R"({"index":0,"leaf":"l","envelope":"e","more":1})",
          R"({"index":0,"index":0,"leaf":"l","envelope":"e"})", R"({"checkpoint":"n","index":1})"}) {
        EXPECT_FALSE(parse_line(line)) << line;
    }
    EXPECT_FALSE(
        parse_header(R"({"format":"signalbox-ledger-export/v2","cluster_id":"d","size":0,"checkpoint":""})"));
}

TEST(LineSource, ReadsAnyStreamWithinItsCap) {
    std::istringstream in("one\n\ntwo");
    const LineSource next = lines_of(in);
    EXPECT_EQ(next().value(), "one");
    EXPECT_EQ(next().value(), "");
    EXPECT_EQ(next().value(), "two");
    EXPECT_FALSE(next().value().has_value());

    std::istringstream endless(std::string(kMaxLineBytes + 1, 'x'));
    EXPECT_EQ(lines_of(endless)().error().code(), Code::resource_exhausted);
    const std::string text(kMaxLineBytes + 1, 'x');
    EXPECT_EQ(lines_of(text)().error().code(), Code::resource_exhausted);
    std::istringstream failed;
    failed.setstate(std::ios::badbit);
    EXPECT_EQ(lines_of(failed)().error().code(), Code::unavailable);
}

}  // namespace
}  // namespace signalbox::evidence
