// SPDX-License-Identifier: Apache-2.0
#include "common/json/json.hpp"

#include <gtest/gtest.h>

namespace signalbox::json {
namespace {

TEST(StrictJson, RefusesWhatPlainParsersLetPass) {
    EXPECT_EQ(parse(R"({"a":1,"a":2})").error().message(), "duplicate key 'a'");
    EXPECT_FALSE(parse(R"({"a":1.5})"));
    EXPECT_FALSE(parse(R"({"a":1e400})"));
    EXPECT_FALSE(parse("{\"a\":\"\xff\"}"));
    EXPECT_FALSE(parse("{} x"));
    EXPECT_FALSE(parse(std::string(100'000, '[')));
    EXPECT_EQ(parse(std::string(2 << 20, ' ')).error().code(), Code::resource_exhausted);
}

TEST(StrictJson, CanonicalTextSortsKeysAndHasNoSpace) {
    EXPECT_EQ(canonical(parse(R"({ "b": [1, {"d":null,"c":true}], "a": "é" })").value()),
              R"({"a":"é","b":[1,{"c":true,"d":null}]})");
}

TEST(ObjectReader, NamesThePathOfWhatIsWrong) {
    const Json value = parse(R"({"name":"x","list":["a",1],"extra":1})").value();
    auto reader = ObjectReader::open(value).value();
    EXPECT_EQ(reader.string("name").value(), "x");
    EXPECT_EQ(reader.strings("list").error().message(), "$.list[1] must be a string");
    EXPECT_EQ(reader.integer("count").error().message(), "$.count is missing");
    EXPECT_EQ(reader.finish().error().message(), "$.extra is not known here");
}

}  // namespace
}  // namespace signalbox::json
