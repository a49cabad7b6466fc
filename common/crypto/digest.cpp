// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/digest.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <exception>

#include "common/crypto/encoding.hpp"

namespace signalbox::crypto {
namespace {

// SHA-256 fails only when memory or the provider is gone; a wrong digest must never come of it.
void require(int openssl_result) {
    if (openssl_result != 1) std::terminate();
}

}  // namespace

std::string Digest::hex() const {
    return to_hex(bytes);
}

Result<Digest> parse_digest(std::string_view hex) {
    const bool shape = hex.size() == 64 && std::all_of(hex.begin(), hex.end(), [](char c) {
                           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                       });
    if (!shape) {
        return Error{Code::invalid_argument, fmt::format("'{:.80}' is not a SHA-256 digest", hex),
                     "Write it as 64 lower-case hexadecimal digits."};
    }
    SB_TRY(const Bytes raw, from_hex(hex));
    return digest_from_bytes(raw);
}

Result<Digest> digest_from_bytes(ByteView bytes) {
    Digest digest;
    if (bytes.size() != digest.bytes.size()) {
        return Error{Code::invalid_argument,
                     fmt::format("a SHA-256 digest has 32 bytes, not {}", bytes.size())};
    }
    std::copy(bytes.begin(), bytes.end(), digest.bytes.begin());
    return digest;
}

Digest sha256(ByteView data) {
    Digest digest;
    require(EVP_Digest(data.data(), data.size(), digest.bytes.data(), nullptr, EVP_sha256(), nullptr));
    return digest;
}

struct Sha256::State {
    struct Free {
        void operator()(EVP_MD_CTX* done) const { EVP_MD_CTX_free(done); }
    };
    std::unique_ptr<EVP_MD_CTX, Free> context{EVP_MD_CTX_new()};
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
    require(EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr));
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(ByteView data) {
    require(EVP_DigestUpdate(state_->context.get(), data.data(), data.size()));
}

Digest Sha256::finish() {
    Digest digest;
    require(EVP_DigestFinal_ex(state_->context.get(), digest.bytes.data(), nullptr));
    return digest;
}

}  // namespace signalbox::crypto
