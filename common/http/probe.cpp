// SPDX-License-Identifier: Apache-2.0
#include "common/http/probe.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace signalbox::http {
namespace {

struct Collected {
    std::string body;
    std::size_t cap = 0;
    bool full = false;
};

std::size_t collect(char* data, std::size_t size, std::size_t count, void* to) {
    auto& out = *static_cast<Collected*>(to);
    const std::size_t bytes = size * count;
    const std::size_t room = out.cap - out.body.size();
    out.body.append(data, std::min(bytes, room));
    out.full = bytes > room;
    return out.full ? 0 : bytes;  // 0 ends the transfer: enough was seen
}

Error failure(CURLcode code, const std::string& url, const char* detail) {
    const std::string why = *detail != '\0' ? detail : curl_easy_strerror(code);
    const std::string message = fmt::format("GET {}: {}", url, why);
    if (code == CURLE_OPERATION_TIMEDOUT) {
        return Error(Code::deadline_exceeded, message, "Look at the service's log on this host");
    }
    if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL) {
        return Error(Code::invalid_argument, message, "Write the health URL as http://host:port/path");
    }
    return Error(Code::unavailable, message, "Check that the service listens there");
}

}  // namespace

Result<ProbeAnswer> probe(const std::string& url, const ProbeLimits& limits) {
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), &curl_easy_cleanup);
    if (curl == nullptr) return Error(Code::resource_exhausted, "libcurl has no memory for a request");
    Collected collected;
    collected.cap = limits.max_body_bytes;
    char detail[CURL_ERROR_SIZE] = "";
    CURL* const c = curl.get();
    curl_easy_setopt(c, CURLOPT_URL, url.c_str());
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(c, CURLOPT_PROXY, "");
    curl_easy_setopt(c, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS,
                     static_cast<long>(std::max<std::int64_t>(1, limits.deadline.count())));
    curl_easy_setopt(c, CURLOPT_USERAGENT, "signalbox-probe");
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, detail);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, &collect);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, &collected);
    const CURLcode code = curl_easy_perform(c);
    if (code != CURLE_OK && !(code == CURLE_WRITE_ERROR && collected.full)) return failure(code, url, detail);
    long status = 0;
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    return ProbeAnswer{static_cast<int>(status), std::move(collected.body)};
}

}  // namespace signalbox::http
