// SPDX-License-Identifier: Apache-2.0
#include "controller/api/https_edge.hpp"

#include <nlohmann/json.hpp>

#include "common/crypto/encoding.hpp"
#include "controller/api/wire_error.hpp"
#include "signalbox/v1/error.pb.h"
#include "tests/unit/controller/api/fixture.hpp"

namespace signalbox::api {
namespace {

class HttpsEdgeTest : public ApiFixture {
  protected:
    http::ServerResponse send(http::ServerRequest request) {
        std::optional<http::ServerResponse> got;
        handler(std::move(request), [&](http::ServerResponse response) { got = std::move(response); });
        strand.run_ready();
        EXPECT_TRUE(got);
        return got.value_or(http::ServerResponse{});
    }
    http::ServerResponse post(const std::string& path, const std::string& key, const std::string& body,
                              const std::string& type = "application/json") {
        return send(
            {"POST", path, "", {{"content-type", type}, {"authorization", "Bearer " + key}}, body, "peer"});
    }
    http::ServerResponse get(const std::string& path, const std::string& key = "") {
        http::ServerRequest request{"GET", path, "", {}, "", "peer"};
        if (!key.empty()) request.headers.emplace_back("authorization", "Bearer " + key);
        return send(std::move(request));
    }

    Status readiness;
    http::RequestHandler handler = https_edge(
        dispatcher, {[this](auto reply) { reply(readiness); }, [] { return std::string("up 1\n"); },
                     [](auto reply) { reply(std::string("signalbox.dev/test\n0\n")); },
                     [](const std::string& path, auto reply) {
                         if (path.ends_with("odd")) return reply(Error(Code::invalid_argument, "not a tile"));
                         if (path.ends_with("beyond")) return reply(Error(Code::not_found, "not covered"));
                         reply("bytes of " + path);
                     }});
};

TEST_F(HttpsEdgeTest, AnswersACallAsConnectDoes) {
    const auto answer =
        post("/signalbox.v1.AccessService/WhoAmI", "audit-key", "{}", "application/json; charset=utf-8");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.content_type, "application/json");
    EXPECT_EQ(nlohmann::json::parse(answer.body).at("name"), "bob");
    EXPECT_EQ(post("/signalbox.v1.AccessService/WhoAmI", "audit-key", "", "application/proto").content_type,
              "application/proto");
}

TEST_F(HttpsEdgeTest, FailuresCarryTheirStatusTheirCodeAndWhatToDoNext) {
    const auto denied = post("/signalbox.v1.AccessService/RevokeApiKey", "audit-key", "{}");
    EXPECT_EQ(denied.status, 403);
    EXPECT_EQ(nlohmann::json::parse(denied.body).at("code"), "permission_denied");

    const auto stranger = post("/signalbox.v1.AccessService/WhoAmI", "wrong", "{}", "application/proto");
    EXPECT_EQ(stranger.status, 401);
    EXPECT_EQ(stranger.content_type, "application/json");  // errors are JSON whatever was asked

    const auto conflict =
        post("/signalbox.v1.AccessService/RevokeApiKey", "admin-key", R"({"id":"conflict"})");
    EXPECT_EQ(conflict.status, 409);
    const auto body = nlohmann::json::parse(conflict.body);
    EXPECT_EQ(body.at("code"), "aborted");
    EXPECT_EQ(body.at("message"), "changed meanwhile");
    const auto& detail = body.at("details").at(0);
    EXPECT_EQ(detail.at("type"), "signalbox.v1.ErrorDetail");
    EXPECT_EQ(detail.at("debug").at("code"), "conflict");
    EXPECT_EQ(detail.at("debug").at("remedy"), "Look again.");
    std::string padded = detail.at("value");
    while (padded.size() % 4 != 0) padded += '=';
    v1::ErrorDetail packed;
    ASSERT_TRUE(packed.ParseFromString(to_text(*crypto::from_base64(padded))));
    EXPECT_EQ(packed.remedy(), "Look again.");

    EXPECT_EQ(post("/signalbox.v1.AccessService/NoSuch", "admin-key", "{}").status, 404);
    EXPECT_EQ(post("/signalbox.v1.AccessService/WhoAmI", "admin-key", "{").status, 400);
}

TEST(WireError, QuotesAnyBytesInUtf8) {
    const Error error(Code::invalid_argument, "no file 'caf\xe9'", "Rename 'caf\xe9'");
    const auto body = nlohmann::json::parse(connect_error_json(error));
    EXPECT_EQ(body.at("message"), "no file 'caf\\xe9'");
    std::string packed = body.at("details").at(0).at("value");
    while (packed.size() % 4 != 0) packed += '=';
    v1::ErrorDetail detail;
    ASSERT_TRUE(detail.ParseFromString(to_text(*crypto::from_base64(packed))));
    EXPECT_EQ(detail.remedy(), "Rename 'caf\\xe9'");
    v1::StatusDetails status;
    EXPECT_TRUE(status.ParseFromString(grpc_details(error)));
}

TEST_F(HttpsEdgeTest, WhatIsNotAConnectCallIsRefusedAsHttpSays) {
    EXPECT_EQ(get("/signalbox.v1.AccessService/WhoAmI", "admin-key").status, 405);
    EXPECT_EQ(post("/signalbox.v1.AccessService/WhoAmI", "admin-key", "a=b", "text/plain").status, 415);
    EXPECT_EQ(post("/healthz", "admin-key", "").status, 405);
    EXPECT_EQ(get("/").status, 404);
    EXPECT_EQ(get("/../etc/passwd").status, 404);
    auto twice = send({"POST",
                       "/signalbox.v1.AccessService/WhoAmI",
                       "",
                       {{"content-type", "application/json"},
                        {"authorization", "Bearer admin-key"},
                        {"authorization", "Bearer audit-key"}},
                       "{}",
                       "peer"});
    EXPECT_EQ(twice.status, 401);
}

TEST_F(HttpsEdgeTest, HealthIsOpenReadinessSaysWhyNotAndMetricsNeedAKey) {
    EXPECT_EQ(get("/healthz").status, 200);
    EXPECT_EQ(get("/readyz").status, 200);
    readiness = Error(Code::unavailable, "the ledger cannot be written: no space left", "Free space.");
    const auto unready = get("/readyz");
    EXPECT_EQ(unready.status, 503);
    EXPECT_NE(unready.body.find("no space left. Free space."), std::string::npos);
    EXPECT_EQ(get("/metrics").status, 401);
    EXPECT_EQ(get("/metrics", "audit-key").body, "up 1\n");
    EXPECT_EQ(get("/ledger/checkpoint").body, "signalbox.dev/test\n0\n");
}

TEST_F(HttpsEdgeTest, TilesAreOpenAndImmutableAndWhatIsNoneIsNotThere) {
    const auto tile = get("/ledger/tile/0/000.p/3");
    EXPECT_EQ(tile.status, 200);
    EXPECT_EQ(tile.body, "bytes of tile/0/000.p/3");
    EXPECT_EQ(tile.content_type, "application/octet-stream");
    EXPECT_EQ(tile.headers, (decltype(tile.headers){{"cache-control", "max-age=31536000, immutable"}}));
    EXPECT_EQ(get("/ledger/checkpoint").headers, (decltype(tile.headers){{"cache-control", "no-cache"}}));
    EXPECT_EQ(get("/ledger/tile/entries/odd").status, 404);
    EXPECT_EQ(get("/ledger/tile/entries/beyond").status, 404);
    EXPECT_EQ(get("/ledger/tiles/0/000").status, 404);
    EXPECT_EQ(post("/ledger/tile/0/000", "admin-key", "").status, 405);
}

}  // namespace
}  // namespace signalbox::api
