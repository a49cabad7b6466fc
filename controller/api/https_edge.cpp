// SPDX-License-Identifier: Apache-2.0
#include "controller/api/https_edge.hpp"

#include <algorithm>
#include <cctype>
#include <memory>
#include <optional>
#include <utility>

#include "controller/api/wire_error.hpp"

namespace signalbox::api {
namespace {

using http::Respond;
using http::ServerRequest;
using http::ServerResponse;

constexpr std::string_view kLedgerPrefix = "/ledger/";

bool is_tile(std::string_view path) {
    return path.starts_with("/ledger/tile/");
}

ServerResponse plain(int status, std::string text) {
    ServerResponse out;
    out.status = status;
    out.body = std::move(text);
    return out;
}

ServerResponse connect_error(const Error& error) {
    ServerResponse out;
    out.status = wire_code(error.code()).http;
    out.content_type = "application/json";
    out.body = connect_error_json(error);
    if (error.code() == Code::unauthenticated) {
        out.headers.emplace_back("www-authenticate", "Bearer realm=\"signalbox\"");
    }
    return out;
}

// "Application/JSON; charset=utf-8" -> json. Nothing for anything else.
std::optional<Encoding> encoding_of(std::string_view content_type) {
    auto media = content_type.substr(0, content_type.find(';'));
    while (!media.empty() && media.back() == ' ') media.remove_suffix(1);
    std::string name(media);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (name == "application/json") return Encoding::json;
    if (name == "application/proto") return Encoding::protobuf;
    return std::nullopt;
}

void serve_call(const Dispatcher& dispatcher, ServerRequest request, Respond respond) {
    if (request.method != "POST") {
        auto refused = plain(405, "Call methods with POST.\n");
        refused.headers.emplace_back("allow", "POST");
        return respond(std::move(refused));
    }
    const auto encoding = encoding_of(request.header("content-type"));
    if (!encoding) {
        auto refused = plain(415, "Send Content-Type: application/json or application/proto.\n");
        refused.headers.emplace_back("accept-post", "application/json, application/proto");
        return respond(std::move(refused));
    }
    const auto compression = request.header("content-encoding");
    if (!compression.empty() && compression != "identity") {
        auto refused = plain(415, "Send the body uncompressed.\n");
        refused.headers.emplace_back("accept-encoding", "identity");
        return respond(std::move(refused));
    }
    const auto version = request.header("connect-protocol-version");
    if (!version.empty() && version != "1") {
        return respond(
            connect_error(Error(Code::invalid_argument, "this server speaks version 1 of Connect")));
    }
    const std::string bearer(request.header("authorization"));
    dispatcher.call(request.path.substr(1), bearer, std::move(request.body), *encoding,
                    [encoding = *encoding, respond = std::move(respond)](Result<std::string> answer) {
                        if (!answer) return respond(connect_error(answer.error()));
                        ServerResponse out;
                        out.content_type =
                            encoding == Encoding::json ? "application/json" : "application/proto";
                        out.body = std::move(*answer);
                        respond(std::move(out));
                    });
}

void serve_get(const Dispatcher& dispatcher, const Observations& see, const ServerRequest& request,
               Respond respond) {
    if (request.path == "/healthz") return respond(plain(200, "ok\n"));
    if (request.path == "/readyz") {
        return see.ready([respond = std::move(respond)](const Status& ready) {
            respond(ready ? plain(200, "ready\n")
                          : plain(503, "not ready: " + ready.error().to_string() + "\n"));
        });
    }
    if (request.path == "/ledger/checkpoint") {
        return see.checkpoint([respond = std::move(respond)](Result<std::string> note) {
            auto out = note ? plain(200, std::move(*note)) : connect_error(note.error());
            out.headers.emplace_back("cache-control", "no-cache");
            respond(std::move(out));
        });
    }
    if (is_tile(request.path)) {
        return see.tile(request.path.substr(kLedgerPrefix.size()),
                        [respond = std::move(respond)](Result<std::string> bytes) {
                            if (!bytes && bytes.error().code() == Code::invalid_argument)
                                return respond(plain(404, "There is nothing here.\n"));
                            if (!bytes) return respond(connect_error(bytes.error()));
                            auto out = plain(200, std::move(*bytes));
                            out.content_type = "application/octet-stream";
                            out.headers.emplace_back("cache-control", "max-age=31536000, immutable");
                            respond(std::move(out));
                        });
    }
    dispatcher.authenticate(
        std::string(request.header("authorization")),
        [metrics = see.metrics, respond = std::move(respond)](const Result<access::Caller>& caller) {
            if (!caller) return respond(connect_error(caller.error()));
            auto out = plain(200, metrics());
            out.content_type = "text/plain; version=0.0.4; charset=utf-8";
            respond(std::move(out));
        });
}

}  // namespace

http::RequestHandler https_edge(const Dispatcher& dispatcher, Observations observations) {
    const auto see = std::make_shared<const Observations>(std::move(observations));
    return [&dispatcher, see](ServerRequest request, Respond respond) {
        const auto& path = request.path;
        if (path == "/healthz" || path == "/readyz" || path == "/metrics" || path == "/ledger/checkpoint" ||
            is_tile(path)) {
            if (request.method == "GET") return serve_get(dispatcher, *see, request, std::move(respond));
            auto refused = plain(405, "Read this with GET.\n");
            refused.headers.emplace_back("allow", "GET");
            return respond(std::move(refused));
        }
        if (path.rfind("/signalbox.v1.", 0) == 0) {
            return serve_call(dispatcher, std::move(request), std::move(respond));
        }
        respond(plain(404, "There is nothing here.\n"));
    };
}

}  // namespace signalbox::api
