// SPDX-License-Identifier: Apache-2.0
#include "common/token/claims.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/json/json.hpp"

namespace signalbox::token {
namespace {

constexpr std::int64_t kVersion = 1;
constexpr std::size_t kMaxText = 256;
constexpr std::size_t kMaxArtifacts = 64;

Error wrong(const json::ObjectReader& reader, std::string_view key, std::string_view expected) {
    return {Code::invalid_argument, fmt::format("{} must be {}", reader.path_of(key), expected)};
}

// Printable ASCII without space: ids, kinds and nonces need no more.
Result<std::string> word(json::ObjectReader& reader, std::string_view key) {
    SB_TRY(std::string text, reader.string(key));
    const bool plain = !text.empty() && text.size() <= kMaxText &&
                       std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
    if (!plain) return wrong(reader, key, "1 to 256 printable characters without spaces");
    return text;
}

Result<Instant> instant(json::ObjectReader& reader, std::string_view key) {
    SB_TRY(const std::string text, reader.string(key));
    SB_TRY(const Instant time, parse_rfc3339(text).with_context(reader.path_of(key)));
    // One spelling for one time, and no fractions that a comparison could trip over.
    if (from_unix_seconds(unix_seconds(time)) != time || to_rfc3339(time) != text) {
        return wrong(reader, key, "a UTC time in whole seconds, as 2026-11-23T08:50:30Z");
    }
    return time;
}

Result<std::int64_t> at_least(json::ObjectReader& reader, std::string_view key, std::int64_t least) {
    SB_TRY(const std::int64_t value, reader.integer(key));
    if (value < least) return wrong(reader, key, fmt::format("at least {}", least));
    return value;
}

Result<crypto::Digest> digest(json::ObjectReader& reader, std::string_view key) {
    SB_TRY(const std::string text, reader.string(key));
    return crypto::parse_digest(text).with_context(reader.path_of(key));
}

Result<std::vector<crypto::Digest>> digests(json::ObjectReader& reader, std::string_view key) {
    SB_TRY(const std::vector<std::string> texts, reader.strings(key));
    if (texts.size() > kMaxArtifacts) return wrong(reader, key, "at most 64 digests");
    std::vector<crypto::Digest> out;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        SB_TRY(const crypto::Digest one, crypto::parse_digest(texts[i]).with_context(reader.path_of(key, i)));
        out.push_back(one);
    }
    return out;
}

Result<std::string> token_id(json::ObjectReader& reader) {
    SB_TRY(std::string text, reader.string("jti"));
    const bool hex = text.size() == 32 && std::all_of(text.begin(), text.end(), [](char c) {
                         return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                     });
    if (!hex) return wrong(reader, "jti", "32 lower-case hexadecimal digits");
    return text;
}

Result<Claims> parse(std::string_view message) {
    SB_TRY(const json::Json value, json::parse(message, {.max_bytes = kMaxTokenBytes, .max_depth = 4}));
    SB_TRY(auto reader, json::ObjectReader::open(value));
    Claims claims;
    SB_TRY(std::string iss, word(reader, "iss"));
    SB_TRY(std::string aud, word(reader, "aud"));
    SB_TRY(std::string akp, reader.string("akp"));
    SB_TRY(std::string stp, word(reader, "stp"));
    claims.iss = ClusterId{std::move(iss)};
    claims.aud = AgentId{std::move(aud)};
    claims.stp = StepId{std::move(stp)};
    SB_TRY(claims.akp, crypto::parse_key_id(akp).with_context(reader.path_of("akp")));
    SB_TRY(claims.iat, instant(reader, "iat"));
    SB_TRY(claims.nbf, instant(reader, "nbf"));
    SB_TRY(claims.exp, instant(reader, "exp"));
    SB_TRY(claims.jti, token_id(reader));
    SB_TRY(const std::int64_t version, reader.integer("v"));
    if (version != kVersion) return wrong(reader, "v", "1");
    SB_TRY(claims.nce, word(reader, "nce"));
    SB_TRY(claims.act, word(reader, "act"));
    SB_TRY(claims.adg, digest(reader, "adg"));
    SB_TRY(claims.art, digests(reader, "art"));
    SB_TRY(claims.apr, digest(reader, "apr"));
    SB_TRY(claims.att, at_least(reader, "att", 1));
    SB_TRY(auto window, reader.object("win"));
    SB_TRY(claims.window_nbf, instant(window, "nbf"));
    SB_TRY(claims.window_exp, instant(window, "exp"));
    SB_CHECK(window.finish());
    SB_TRY(claims.rc, at_least(reader, "rc", 0));
    SB_TRY(claims.tv, at_least(reader, "tv", 1));
    SB_CHECK(reader.finish());
    return claims;
}

}  // namespace

std::string serialize(const Claims& claims) {
    json::Json artifacts = json::Json::array();
    for (const crypto::Digest& each : claims.art) artifacts.push_back(each.hex());
    return json::canonical(
        {{"iss", claims.iss.str()},
         {"aud", claims.aud.str()},
         {"iat", to_rfc3339(claims.iat)},
         {"nbf", to_rfc3339(claims.nbf)},
         {"exp", to_rfc3339(claims.exp)},
         {"jti", claims.jti},
         {"v", kVersion},
         {"akp", claims.akp.str()},
         {"nce", claims.nce},
         {"act", claims.act},
         {"adg", claims.adg.hex()},
         {"art", std::move(artifacts)},
         {"apr", claims.apr.hex()},
         {"stp", claims.stp.str()},
         {"att", claims.att},
         {"win", {{"nbf", to_rfc3339(claims.window_nbf)}, {"exp", to_rfc3339(claims.window_exp)}}},
         {"rc", claims.rc},
         {"tv", claims.tv}});
}

Result<Claims> parse_claims(std::string_view message) {
    return parse(message).with_context("token claims");
}

}  // namespace signalbox::token
