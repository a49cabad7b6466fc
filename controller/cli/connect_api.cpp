// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/connect_api.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <utility>

#include "common/http/client.hpp"
#include "common/json/json.hpp"

namespace signalbox::cli {
namespace {

constexpr std::uint64_t kLargestAnswer = 96ULL << 20;  // a plan, or a page of the ledger

// connectrpc.com/docs/protocol#error-codes
constexpr std::array<std::pair<std::string_view, Code>, 16> kCodes = {{
    {"canceled", Code::cancelled},
    {"unknown", Code::internal},
    {"invalid_argument", Code::invalid_argument},
    {"deadline_exceeded", Code::deadline_exceeded},
    {"not_found", Code::not_found},
    {"already_exists", Code::already_exists},
    {"permission_denied", Code::permission_denied},
    {"resource_exhausted", Code::resource_exhausted},
    {"failed_precondition", Code::failed_precondition},
    {"aborted", Code::conflict},
    {"out_of_range", Code::invalid_argument},
    {"unimplemented", Code::failed_precondition},
    {"internal", Code::internal},
    {"unavailable", Code::unavailable},
    {"data_loss", Code::data_loss},
    {"unauthenticated", Code::unauthenticated},
}};

// What Connect's codes have no room for: our own code, and what to do next.
struct Detail {
    std::optional<Code> code;
    std::string remedy;
};

std::optional<Code> code_called(std::string_view text) {
    for (int i = 0; i <= static_cast<int>(Code::internal); ++i) {
        if (to_string(static_cast<Code>(i)) == text) return static_cast<Code>(i);
    }
    return std::nullopt;
}

// "details": [{"type": "signalbox.v1.ErrorDetail", "value": …, "debug": {"code", "remedy"}}]
Detail read_detail(const json::Json& details) {
    Detail found;
    if (!details.is_array()) return found;
    for (const json::Json& detail : details) {
        if (!detail.is_object() || !detail.contains("debug") || !detail["debug"].is_object()) continue;
        const json::Json& debug = detail["debug"];
        if (debug.contains("code") && debug["code"].is_string())
            found.code = code_called(debug["code"].get<std::string>());
        if (debug.contains("remedy") && debug["remedy"].is_string())
            found.remedy = debug["remedy"].get<std::string>();
    }
    return found;
}

Code code_of_status(int http_status) {
    switch (http_status) {
        case 401:
            return Code::unauthenticated;
        case 403:
            return Code::permission_denied;
        case 413:
        case 429:
            return Code::resource_exhausted;
        case 502:
        case 503:
        case 504:
            return Code::unavailable;
        default:
            return Code::failed_precondition;
    }
}

Error add_usual_remedy(Error error) {
    if (!error.remedy().empty()) return error;
    switch (error.code()) {
        case Code::unauthenticated:
            return std::move(error).with_remedy(
                "the API key is not known: ask an administrator for a new one (signalbox access key create)");
        case Code::permission_denied:
            return std::move(error).with_remedy(
                "signalbox status shows your roles; an administrator can give you a key with another role");
        case Code::internal:
            return std::move(error).with_remedy("look at the controller's log");
        default:
            return error;
    }
}

class ConnectApi final : public ApiPort {
  public:
    explicit ConnectApi(const Credentials& credentials)
        : credentials_(credentials), client_(options(credentials)) {}

    Status call(std::string_view method, const google::protobuf::MessageLite& request,
                google::protobuf::MessageLite& response, Duration timeout) override {
        http::ClientRequest post;
        post.method = "POST";
        post.url = fmt::format("{}/signalbox.v1.{}", credentials_.url, method);
        const auto ms = std::chrono::ceil<std::chrono::milliseconds>(timeout);
        post.headers = {{"Content-Type", "application/proto"},
                        {"Connect-Protocol-Version", "1"},
                        {"Connect-Timeout-Ms", std::to_string(ms.count())},
                        {"Authorization", "Bearer " + credentials_.api_key}};
        post.body = request.SerializeAsString();
        SB_TRY(const http::ClientResponse answer, client_.send(post, ms + kGrace));
        if (answer.status != 200) return add_usual_remedy(parse_connect_error(answer.status, answer.body));
        const std::string_view type = answer.header("content-type");
        if (type != "application/proto" || !response.ParseFromString(answer.body)) {
            return Error(Code::data_loss,
                         fmt::format("{} did not answer as a Signalbox controller does", credentials_.url),
                         "check the url in the credentials file");
        }
        return {};
    }

  private:
    // The controller keeps to the timeout itself; this is for the way there and back.
    static constexpr std::chrono::milliseconds kGrace{5'000};

    static http::ClientOptions options(const Credentials& credentials) {
        http::ClientOptions options;
        options.ca_pem = credentials.ca_pem;
        options.max_body_bytes = kLargestAnswer;
        options.user_agent = "signalbox-cli";
        return options;
    }
    Credentials credentials_;
    http::Client client_;
};

}  // namespace

std::unique_ptr<ApiPort> make_connect_api(const Credentials& credentials) {
    return std::make_unique<ConnectApi>(credentials);
}

Error parse_connect_error(int http_status, std::string_view body) {
    const auto value = json::parse(body, {.max_bytes = 64 << 10, .max_depth = 8, .allow_floats = true});
    const auto text = [&](const char* key) {
        if (!value || !value->is_object()) return std::string();
        const auto found = value->find(key);
        return found != value->end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    const std::string code = text("code");
    for (const auto& [name, ours] : kCodes) {
        if (name != code) continue;
        const Detail detail = value->contains("details") ? read_detail((*value)["details"]) : Detail{};
        return {detail.code.value_or(ours), text("message").empty() ? code : text("message"), detail.remedy};
    }
    return {code_of_status(http_status),
            fmt::format("the server answered HTTP {}, not as a Signalbox controller does", http_status),
            "check the url in the credentials file, and what stands between here and the controller"};
}

}  // namespace signalbox::cli
