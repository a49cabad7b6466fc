// SPDX-License-Identifier: Apache-2.0
#include "controller/access/api_key.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/crypto/encoding.hpp"
#include "common/json/json.hpp"

namespace signalbox::access {
namespace {

constexpr std::size_t kIdLength = 12;
constexpr std::size_t kSecretLength = 43;

bool is_id(std::string_view text) {
    return text.size() == kIdLength && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

}  // namespace

ApiKeyText generate_api_key(crypto::Random& random) {
    return {crypto::to_hex(random.bytes(kIdLength / 2)), crypto::to_base64url(random.bytes(32))};
}

Result<ApiKeyText> parse_api_key(std::string_view text) {
    constexpr std::string_view prefix = "sbk_";
    const Error malformed(Code::invalid_argument, "this is not an API key",
                          "Paste the whole line that starts with sbk_.");
    if (text.size() != prefix.size() + kIdLength + 1 + kSecretLength) return malformed;
    const auto id = text.substr(prefix.size(), kIdLength);
    const auto secret = text.substr(prefix.size() + kIdLength + 1);
    if (text.substr(0, prefix.size()) != prefix || !is_id(id) || text[prefix.size() + kIdLength] != '_') {
        return malformed;
    }
    if (!crypto::from_base64url(secret)) return malformed;
    return ApiKeyText{std::string(id), std::string(secret)};
}

Result<ApiKey> parse_bootstrap(std::string_view text, Instant now) {
    SB_TRY(const auto document, json::parse(text, {.max_bytes = 4096}));
    SB_TRY(auto reader, json::ObjectReader::open(document));
    ApiKey key;
    SB_TRY(key.id, reader.string("id"));
    if (!is_id(key.id)) {
        return Error(Code::invalid_argument, reader.path_of("id") + " is not 12 lower-case hex digits");
    }
    SB_TRY(key.name, reader.string("name"));
    SB_CHECK(check_name(key.name));
    SB_TRY(const auto role_text, reader.string("role"));
    SB_TRY(const auto role, parse_role(role_text));
    key.roles.insert(role);
    SB_TRY(const auto digest, reader.string("key_sha256"));
    SB_TRY(key.secret_sha256, crypto::parse_digest(digest));
    SB_CHECK(reader.finish());
    key.created = now;
    return key;
}

Status check_name(std::string_view name) {
    const bool good = !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
               c == '_' || c == '@' || c == '-';
    });
    if (good) return {};
    return Error(Code::invalid_argument, "the name of an API key is 1 to 64 of A-Z a-z 0-9 . _ @ -",
                 "Name the person or pipeline that will hold it, such as ann@example.org.");
}

}  // namespace signalbox::access
