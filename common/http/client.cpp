// SPDX-License-Identifier: Apache-2.0
#include "common/http/client.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <mutex>
#include <optional>

namespace signalbox::http {
namespace {

constexpr std::size_t kMaxHeaderBytes = 64 * 1024;
constexpr std::size_t kMaxErrorBody = 64 * 1024;

struct FreeEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct FreeUrl {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

// What the callbacks of one exchange share.
struct Exchange {
    const AddressRule* rule = nullptr;
    CURL* easy = nullptr;
    const BodySink* sink = nullptr;
    std::uint64_t max_body = 0;
    std::uint64_t received = 0;
    std::size_t header_bytes = 0;
    ClientResponse response;
    std::optional<Error> stopped;  // why we broke it off ourselves
    std::string denied_address;
};

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

curl_socket_t open_socket(void* self, curlsocktype purpose, curl_sockaddr* address) {
    auto& exchange = *static_cast<Exchange*>(self);
    if (purpose != CURLSOCKTYPE_IPCXN || !exchange.rule->allows(&address->addr)) {
        exchange.denied_address = describe_address(&address->addr);
        return CURL_SOCKET_BAD;
    }
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self) {
    auto& exchange = *static_cast<Exchange*>(self);
    std::string_view line(data, size * count);
    exchange.header_bytes += line.size();
    if (exchange.header_bytes > kMaxHeaderBytes) {
        exchange.stopped = Error(Code::resource_exhausted, "the answer's header is larger than 64 KiB");
        return 0;
    }
    if (line.substr(0, 5) == "HTTP/") {  // a new answer begins: after a redirect or a 100 Continue
        exchange.response.headers.clear();
        return line.size();
    }
    const auto colon = line.find(':');
    if (colon != std::string_view::npos) {
        auto value = line.substr(colon + 1);
        const auto from = value.find_first_not_of(" \t");
        const auto to = value.find_last_not_of(" \t\r\n");
        value = from == std::string_view::npos || to == std::string_view::npos || to < from
                    ? std::string_view()
                    : value.substr(from, to - from + 1);
        exchange.response.headers.emplace_back(lower(line.substr(0, colon)), std::string(value));
    }
    return line.size();
}

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) {
    auto& exchange = *static_cast<Exchange*>(self);
    const std::string_view piece(data, size * count);
    long status = 0;
    curl_easy_getinfo(exchange.easy, CURLINFO_RESPONSE_CODE, &status);
    if (exchange.sink != nullptr && (status < 200 || status > 299)) {
        const auto room = kMaxErrorBody - std::min(kMaxErrorBody, exchange.response.body.size());
        exchange.response.body.append(piece.substr(0, room));
        exchange.received += piece.size();
        if (exchange.received > exchange.max_body) return 0;
        return piece.size();
    }
    exchange.received += piece.size();
    if (exchange.received > exchange.max_body) {
        exchange.stopped = Error(Code::resource_exhausted,
                                 fmt::format("the answer is larger than {} bytes", exchange.max_body));
        return 0;
    }
    if (exchange.sink == nullptr) {
        exchange.response.body.append(piece);
    } else if (auto taken = (*exchange.sink)(as_bytes(piece)); !taken) {
        exchange.stopped = std::move(taken).error();
        return 0;
    }
    return piece.size();
}

// "https" with a host and no user information; returns "host:port" for messages.
Result<std::string> check_url(const std::string& text) {
    const auto bad = [](std::string_view why) {
        return Error(Code::invalid_argument, fmt::format("the URL {}", why),
                     "Give a URL such as https://host.example:8443/path.");
    };
    const std::unique_ptr<CURLU, FreeUrl> url(curl_url());
    if (!url) return Error(Code::resource_exhausted, "out of memory");
    if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return bad("does not parse");
    const auto part = [&](CURLUPart which, unsigned flags) {
        char* value = nullptr;
        std::string out;
        if (curl_url_get(url.get(), which, &value, flags) == CURLUE_OK && value != nullptr) out = value;
        curl_free(value);
        return out;
    };
    if (part(CURLUPART_SCHEME, 0) != "https") return bad("does not start with https://");
    if (!part(CURLUPART_USER, 0).empty() || !part(CURLUPART_PASSWORD, 0).empty()) {
        return bad("holds a user name or password, which would end up in logs");
    }
    return part(CURLUPART_HOST, 0) + ":" + part(CURLUPART_PORT, CURLU_DEFAULT_PORT);
}

Error describe_failure(CURLcode code, const Exchange& exchange, const std::string& peer,
                       const std::string& detail) {
    const auto fail = [&](Code kind, std::string what, std::string remedy) {
        return Error(kind, fmt::format("{}: {}", peer, what), std::move(remedy));
    };
    if (exchange.stopped) {
        Error stopped = *exchange.stopped;
        return std::move(stopped).with_context(peer);
    }
    if (!exchange.denied_address.empty() && code != CURLE_OPERATION_TIMEDOUT) {
        return fail(Code::refused,
                    fmt::format("the address {} may not be reached from here", exchange.denied_address),
                    "Use a public address, or have an administrator allow this network.");
    }
    double secured = 0;
    curl_easy_getinfo(exchange.easy, CURLINFO_APPCONNECT_TIME, &secured);
    switch (code) {
        case CURLE_COULDNT_RESOLVE_HOST:
            return fail(Code::unavailable, "the host name does not resolve", "Check the name and the DNS.");
        case CURLE_COULDNT_CONNECT:
            return fail(Code::unavailable, "nothing answers there (" + detail + ")",
                        "Check that the server runs and that the address and port are right.");
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_ISSUER_ERROR:
            return fail(Code::refused, "its certificate is not trusted (" + detail + ")",
                        "Check that this is the right server and that the CA certificate given is its own.");
        case CURLE_SSL_CACERT_BADFILE:
            return fail(Code::invalid_argument, "the CA certificate given does not load (" + detail + ")",
                        "Give the CA as PEM text.");
        case CURLE_OPERATION_TIMEDOUT:
            return secured > 0 ? fail(Code::deadline_exceeded, "no answer in time", "Try again later.")
                               : fail(Code::unavailable, "no connection in time",
                                      "Check the address, and that no firewall drops the connection.");
        case CURLE_TOO_MANY_REDIRECTS:
            return fail(Code::refused, "it redirects too often", "Give the final URL.");
        case CURLE_UNSUPPORTED_PROTOCOL:
            return fail(Code::refused, "it redirects to something that is not https", "Give the final URL.");
        case CURLE_FILESIZE_EXCEEDED:
            return fail(Code::resource_exhausted,
                        fmt::format("the answer is larger than {} bytes", exchange.max_body), "");
        case CURLE_PARTIAL_FILE:
        case CURLE_GOT_NOTHING:
        case CURLE_RECV_ERROR:
        case CURLE_SEND_ERROR:
            return fail(Code::unavailable, "the connection broke off (" + detail + ")", "Try again.");
        default:
            return fail(Code::unavailable, detail, "Check that this is an HTTPS server, then try again.");
    }
}

Status append_header(std::unique_ptr<curl_slist, FreeList>& list, const std::string& line) {
    if (line.find_first_of("\r\n") != std::string::npos || line.find('\0') != std::string::npos) {
        return Error(Code::invalid_argument, "a request header holds a line break");
    }
    curl_slist* grown = curl_slist_append(list.get(), line.c_str());
    if (grown == nullptr) return Error(Code::resource_exhausted, "out of memory");
    (void)list.release();
    list.reset(grown);
    return {};
}

}  // namespace

struct Client::State {
    ClientOptions options;
    std::unique_ptr<CURL, FreeEasy> easy;

    Result<ClientResponse> run(const ClientRequest& request, std::chrono::milliseconds deadline,
                               const BodySink* sink);
};

Result<ClientResponse> Client::State::run(const ClientRequest& request, std::chrono::milliseconds deadline,
                                          const BodySink* sink) {
    if (!easy) return Error(Code::internal, "libcurl does not start");
    SB_TRY(const std::string peer, check_url(request.url));

    CURL* const h = easy.get();
    curl_easy_reset(h);  // keeps connections, drops every option of the last exchange
    Exchange exchange;
    exchange.rule = &options.addresses;
    exchange.easy = h;
    exchange.sink = sink;
    exchange.max_body = options.max_body_bytes;
    std::array<char, CURL_ERROR_SIZE> detail{};

    std::unique_ptr<curl_slist, FreeList> headers;
    SB_CHECK(append_header(headers, "Expect:"));
    for (const auto& header : request.headers) {
        SB_CHECK(append_header(headers, header.first + ": " + header.second));
    }

    bool set = true;
    const auto option = [&](CURLoption name, auto value) {
        set = set && curl_easy_setopt(h, name, value) == CURLE_OK;
    };
    option(CURLOPT_URL, request.url.c_str());
    option(CURLOPT_PROTOCOLS_STR, "https");
    option(CURLOPT_REDIR_PROTOCOLS_STR, "https");
    option(CURLOPT_PROXY, "");
    option(CURLOPT_NOPROXY, "*");
    option(CURLOPT_NOSIGNAL, 1L);
    option(CURLOPT_SSL_VERIFYPEER, 1L);
    option(CURLOPT_SSL_VERIFYHOST, 2L);
    option(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!options.ca_pem.empty()) {
        curl_blob ca{options.ca_pem.data(), options.ca_pem.size(), CURL_BLOB_NOCOPY};
        option(CURLOPT_CAINFO_BLOB, &ca);
        option(CURLOPT_CAINFO, static_cast<const char*>(nullptr));
        option(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
    }
    option(CURLOPT_USERAGENT, options.user_agent.c_str());
    option(CURLOPT_HTTPHEADER, headers.get());
    option(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
    option(CURLOPT_TIMEOUT_MS, static_cast<long>(deadline.count()));
    option(CURLOPT_FOLLOWLOCATION, options.max_redirects > 0 ? 1L : 0L);
    option(CURLOPT_MAXREDIRS, static_cast<long>(options.max_redirects));
    option(CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(options.max_body_bytes));
    option(CURLOPT_OPENSOCKETFUNCTION, open_socket);
    option(CURLOPT_OPENSOCKETDATA, static_cast<void*>(&exchange));
    option(CURLOPT_HEADERFUNCTION, on_header);
    option(CURLOPT_HEADERDATA, static_cast<void*>(&exchange));
    option(CURLOPT_WRITEFUNCTION, on_body);
    option(CURLOPT_WRITEDATA, static_cast<void*>(&exchange));
    option(CURLOPT_ERRORBUFFER, detail.data());
    if (request.method == "POST" || request.method == "PUT") {
        option(CURLOPT_POST, 1L);
        option(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
        option(CURLOPT_POSTFIELDS, request.body.c_str());
        if (request.method == "PUT") option(CURLOPT_CUSTOMREQUEST, "PUT");
    } else if (request.method == "HEAD") {
        option(CURLOPT_NOBODY, 1L);
    } else if (request.method != "GET") {
        return Error(Code::invalid_argument, "the HTTP method " + request.method + " is not supported");
    }
    if (!set) {
        return Error(Code::internal, "this libcurl lacks an option that we need",
                     "Install libcurl 7.85 or newer, built with OpenSSL.");
    }

    const CURLcode code = curl_easy_perform(h);
    // Sockets opened later by this handle must not find a dead exchange.
    curl_easy_setopt(h, CURLOPT_OPENSOCKETDATA, nullptr);
    curl_easy_setopt(h, CURLOPT_ERRORBUFFER, nullptr);
    if (code != CURLE_OK) {
        std::string words = detail[0] != '\0' ? detail.data() : curl_easy_strerror(code);
        return describe_failure(code, exchange, peer, words);
    }
    long status = 0;
    curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
    exchange.response.status = static_cast<int>(status);
    return std::move(exchange.response);
}

std::string_view ClientResponse::header(std::string_view name) const {
    const auto found = std::find_if(headers.begin(), headers.end(),
                                    [&](const auto& header) { return header.first == name; });
    return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

Client::Client(ClientOptions options) : state_(std::make_unique<State>()) {
    // libcurl wants this once a process, before any other use; it has no owner that could pass it in.
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    state_->options = std::move(options);
    state_->easy.reset(curl_easy_init());
}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

Result<ClientResponse> Client::send(const ClientRequest& request) {
    return state_->run(request, state_->options.deadline, nullptr);
}

Result<ClientResponse> Client::send(const ClientRequest& request, std::chrono::milliseconds deadline) {
    return state_->run(request, deadline, nullptr);
}

Result<ClientResponse> Client::download(const ClientRequest& request, const BodySink& sink) {
    return state_->run(request, state_->options.deadline, &sink);
}

}  // namespace signalbox::http
