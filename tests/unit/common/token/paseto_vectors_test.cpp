// SPDX-License-Identifier: Apache-2.0
// Figures of github.com/paseto-standard/test-vectors, v4.json: every test of v4.public, and every test that
// must fail, presented to v4.public. (Tests 4-E are of v4.local, which does not exist here: they must fail
// too.)
#include <gtest/gtest.h>

#include <string>

#include "common/crypto/encoding.hpp"
#include "common/token/token.hpp"

namespace signalbox::token {
namespace {

constexpr const char* kSeed = "b4cbfb43df4ce210727d953e4a713307fa19bb7d9f85041438d9e11b942a3774";
constexpr const char* kPublic = "1eb9dbbbbc047c03fd70604e0071f0987e16b28b757225c11f00415d0e20b1a2";
constexpr const char* kPayload = R"({"data":"this is a signed message","exp":"2022-01-01T00:00:00+00:00"})";
constexpr const char* kKidFooter = R"({"kid":"zVhMiPBP9fRf2snEcT7gFTioeA9COcNy9DfgL1W60haN"})";

struct Vector {
    const char* name;
    const char* token;
    const char* footer;
    const char* implicit;
};

constexpr Vector kGood[] = {
    {"4-S-1",
     "v4.public."
     "eyJkYXRhIjoidGhpcyBpcyBhIHNpZ25lZCBtZXNzYWdlIiwiZXhwIjoiMjAyMi0wMS0wMVQwMDowMDowMCswMDowMCJ9bg_"
     "XBBzds8lTZShVlwwKSgeKpLT3yukTw6JUz3W4h_ExsQV-P0V54zemZDcAxFaSeef1QlXEFtkqxT1ciiQEDA",
     "", ""},
    {"4-S-2",
     "v4.public."
     "eyJkYXRhIjoidGhpcyBpcyBhIHNpZ25lZCBtZXNzYWdlIiwiZXhwIjoiMjAyMi0wMS0wMVQwMDowMDowMCswMDowMCJ9v3Jt8mx_"
     "TdM2ceTGoqwrh4yDFn0XsHvvV_D0DtwQxVrJEBMl0F2caAdgnpKlt4p7xBnx1HcO-SPo8FPp214HDw."
     "eyJraWQiOiJ6VmhNaVBCUDlmUmYyc25FY1Q3Z0ZUaW9lQTlDT2NOeTlEZmdMMVc2MGhhTiJ9",
     kKidFooter, ""},
    {"4-S-3",
     "v4.public."
     "eyJkYXRhIjoidGhpcyBpcyBhIHNpZ25lZCBtZXNzYWdlIiwiZXhwIjoiMjAyMi0wMS0wMVQwMDowMDowMCswMDowMCJ9NPWciuD3d0o"
     "5eXJXG5pJy-DiVEoyPYWs1YSTwWHNJq6DZD3je5gf-0M4JR9ipdUSJbIovzmBECeaWmaqcaP0DQ."
     "eyJraWQiOiJ6VmhNaVBCUDlmUmYyc25FY1Q3Z0ZUaW9lQTlDT2NOeTlEZmdMMVc2MGhhTiJ9",
     kKidFooter, R"({"test-vector":"4-S-3"})"}};

constexpr Vector kBad[] = {
    {"4-F-1",
     "v4.local.vngXfCISbnKgiP6VWGuOSlYrFYU300fy9ijW33rznDYgxHNPwWluAY2Bgb0z54CUs6aYYkIJ-bOOOmJHPuX_"
     "34Agt_IPlNdGDpRdGNnBz2MpWJvB3cttheEc1uyCEYltj7wBQQYX.YXJiaXRyYXJ5LXN0cmluZy10aGF0LWlzbid0LWpzb24",
     "arbitrary-string-that-isn't-json", R"({"test-vector":"4-F-1"})"},
    {"4-F-2",
     "v4.public.eyJpbnZhbGlkIjoidGhpcyBzaG91bGQgbmV2ZXIgZGVjb2RlIn22Sp4gjCaUw0c7EH84ZSm_jN_"
     "Qr41MrgLNu5LIBCzUr1pn3Z-"
     "Wukg9h3ceplWigpoHaTLcwxj0NsI1vjTh67YB."
     "eyJraWQiOiJ6VmhNaVBCUDlmUmYyc25FY1Q3Z0ZUaW9lQTlDT2NOeTlEZmdMMVc2MGhhTiJ9",
     kKidFooter, R"({"test-vector":"4-F-2"})"},
    {"4-F-3",
     "v3.local.23e_2PiqpQBPvRFKzB0zHhjmxK3sKo2grFZRRLM-"
     "U7L0a8uHxuF9RlVz3Ic6WmdUUWTxCaYycwWV1yM8gKbZB2JhygDMKvHQ7eBf8GtF"
     "0r3K0Q_gF1PXOxcOgztak1eD1dPe9rLVMSgR0nHJXeIGYVuVrVoLWQ.YXJiaXRyYXJ5LXN0cmluZy10aGF0LWlzbid0LWpzb24",
     "arbitrary-string-that-isn't-json", R"({"test-vector":"4-F-3"})"},
    {"4-F-4",
     "v4.local.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAr68PS4AXe7If_"
     "ZgesdkUMvSwscFlAl1pk5HC0e8kApeaqMfGo_7OpBnwJOAbY9V7WU6abu74MmcUE8YWAiaArVI8XJ5hOb_"
     "4v9RmDkneN0S92dx0OW4pgy7omxgf3S8c3LlQh",
     "", ""},
    {"4-E-1",
     "v4.local.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAr68PS4AXe7If_"
     "ZgesdkUMvSwscFlAl1pk5HC0e8kApeaqMfGo_7OpBnwJOAbY9V7WU6abu74MmcUE8YWAiaArVI8XJ5hOb_"
     "4v9RmDkneN0S92dx0OW4pgy7omxgf3S8c3LlQg",
     "", ""}};

crypto::PublicKey vector_key() {
    return crypto::PublicKey::from_bytes(crypto::from_hex(kPublic).value()).value();
}

TEST(PasetoVectors, SigningGivesTheirTokens) {
    const auto key = crypto::SigningKey::from_seed(crypto::from_hex(kSeed).value()).value();
    for (const Vector& each : kGood) {
        EXPECT_EQ(paseto_sign(kPayload, key, each.footer, each.implicit), each.token) << each.name;
    }
}

TEST(PasetoVectors, VerifyingGivesTheirPayload) {
    for (const Vector& each : kGood) {
        EXPECT_EQ(paseto_verify(each.token, vector_key(), each.footer, each.implicit).value(), kPayload)
            << each.name;
        EXPECT_FALSE(paseto_verify(each.token, vector_key(), each.footer, "other")) << each.name;
        EXPECT_FALSE(paseto_verify(each.token, vector_key(), "other", each.implicit)) << each.name;
    }
}

TEST(PasetoVectors, WhatMustFailFails) {
    for (const Vector& each : kBad) {
        EXPECT_FALSE(paseto_verify(each.token, vector_key(), each.footer, each.implicit)) << each.name;
        EXPECT_FALSE(open(each.token)) << each.name;
    }
}

}  // namespace
}  // namespace signalbox::token
