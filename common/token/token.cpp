// SPDX-License-Identifier: Apache-2.0
#include "common/token/token.hpp"

#include <fmt/format.h>

#include "common/json/json.hpp"
#include "common/token/claims.hpp"
#include "common/token/paseto.hpp"

namespace signalbox::token {
namespace {

constexpr std::size_t kMaxFooterBytes = 256;

std::string footer_for(const crypto::KeyId& kid) {
    json::Json footer = json::Json::object();
    footer["kid"] = kid.str();
    return json::canonical(footer);
}

Result<crypto::KeyId> parse_footer(std::string_view footer) {
    SB_TRY(const json::Json value, json::parse(footer, {.max_bytes = kMaxFooterBytes, .max_depth = 2}));
    SB_TRY(auto reader, json::ObjectReader::open(value, "footer"));
    SB_TRY(const std::string kid, reader.string("kid"));
    SB_CHECK(reader.finish());
    return crypto::parse_key_id(kid);
}

}  // namespace

std::string Binding::implicit_assertion() const {
    return fmt::format("signalbox/deploy/v1\n{}\n{}\n{}\n{}", cluster.str(), agent.str(), record_key.str(),
                       nonce);
}

std::string sign(const Claims& claims, const crypto::SigningKey& key) {
    const Binding binding{claims.iss, claims.aud, claims.akp, claims.nce};
    return paseto_sign(serialize(claims), key, footer_for(key.public_key().id()),
                       binding.implicit_assertion());
}

Result<Unverified> open(std::string_view text) {
    if (text.size() > kMaxTokenBytes) {
        return Error{Code::resource_exhausted, fmt::format("the token has {} bytes; at most {} are allowed",
                                                           text.size(), kMaxTokenBytes)};
    }
    SB_TRY(paseto::Parts parts, paseto::split(text));
    auto kid = parse_footer(parts.footer);
    if (!kid) {
        // Whatever else a footer holds, a key included, it is not a key id that can be looked up.
        return Error{Code::unauthenticated,
                     "the token's footer does not name a key and nothing else: " + kid.error().message()};
    }
    return Unverified{std::move(parts.message), parts.signature, std::move(parts.footer), *std::move(kid)};
}

bool verify_signature(const Unverified& token, const crypto::PublicKey& key, const Binding& binding) {
    const std::string covered =
        paseto::signed_bytes(token.message, token.footer, binding.implicit_assertion());
    return key.verify(as_bytes(covered), token.signature);
}

}  // namespace signalbox::token
