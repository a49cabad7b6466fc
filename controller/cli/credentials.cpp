// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/credentials.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/bytes.hpp"
#include "common/crypto/key_file.hpp"
#include "common/json/json.hpp"
#include "controller/cli/file.hpp"

namespace signalbox::cli {

bool is_controller_url(std::string_view url) {
    constexpr std::string_view kScheme = "https://";
    return url.starts_with(kScheme) && url.size() > kScheme.size() && url[kScheme.size()] != '/' &&
           std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

Result<Credentials> parse_credentials(std::string_view text) {
    SB_TRY(const json::Json value, json::parse(text));
    SB_TRY(auto reader, json::ObjectReader::open(value));
    Credentials c;
    SB_TRY(c.url, reader.string("url"));
    SB_TRY(c.ca_pem, reader.string("ca_pem"));
    SB_TRY(c.api_key, reader.string("api_key"));
    SB_CHECK(reader.finish());
    while (c.url.ends_with('/')) c.url.pop_back();
    if (!is_controller_url(c.url)) {
        return Error(Code::invalid_argument, "$.url: must be https://host:port");
    }
    if (c.ca_pem.find("-----BEGIN CERTIFICATE-----") == std::string::npos) {
        return Error(Code::invalid_argument,
                     "$.ca_pem: must be the PEM text of the controller's CA certificate");
    }
    if (!c.api_key.starts_with("sbk_")) {
        return Error(Code::invalid_argument, "$.api_key: must be an API key, which starts with sbk_");
    }
    return c;
}

std::string serialize(const Credentials& c) {
    json::Json value = {{"url", c.url}, {"ca_pem", c.ca_pem}, {"api_key", c.api_key}};
    return value.dump(2) + "\n";
}

Result<Credentials> load_credentials(const std::string& path) {
    if (!path_exists(path)) {
        return Error(Code::not_found, fmt::format("no credentials: {} does not exist", path),
                     "ask an administrator for a credentials file (signalbox access key create NAME "
                     "--write-credentials "
                     "FILE) and name it with --credentials or SIGNALBOX_CREDENTIALS");
    }
    SB_TRY(const crypto::SecretBytes bytes, crypto::read_secret_file(path));
    return parse_credentials(to_text(bytes.expose())).with_context(fmt::format("credentials file {}", path));
}

}  // namespace signalbox::cli
