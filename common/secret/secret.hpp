// SPDX-License-Identifier: Apache-2.0
// Secrets of steps: the reference that people approve, the value that travels sealed, and what binds the two.
// Pure. Format: docs/formats/secret.md.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/crypto/digest.hpp"
#include "common/crypto/sealed_box.hpp"
#include "common/crypto/secret_bytes.hpp"
#include "common/model/ids.hpp"

namespace signalbox::secret {

inline constexpr std::size_t kLeastValue =
    8;  // bytes: anything shorter could not be told from other text in an output
inline constexpr std::size_t kMostValue = 16 * 1024;
inline constexpr std::size_t kSaltBytes = 32;
inline constexpr std::size_t kMostSecrets = 16;  // of one step

// Of the controller: [A-Za-z0-9][A-Za-z0-9._-]{0,62}.
[[nodiscard]] bool is_name(std::string_view text);
// What a step calls it; the name of a file: [A-Za-z_][A-Za-z0-9_.-]{0,62}.
[[nodiscard]] bool is_local_name(std::string_view text);

// What an action holds, and people approve.
struct Reference {
    std::string name;
    std::int64_t version = 1;
    crypto::Digest commitment;  // binds the value: nobody can put another one in its place afterwards
    friend bool operator==(const Reference&, const Reference&) = default;
};
using References = std::map<std::string, Reference>;  // by local name
using Values = std::map<std::string, crypto::SecretBytes>;
using Sealed = std::map<std::string, Bytes>;

// What is sealed: the salt, then the value. The salt keeps a guess of the value from being tested against the
// commitment. Errors of make: invalid_argument (length).
class Secret {
  public:
    [[nodiscard]] static Result<Secret> make(const crypto::SecretBytes& value, crypto::Random& random);
    // From what was sealed. Errors: refused.
    [[nodiscard]] static Result<Secret> open(ByteView sealed, const crypto::SealingKey& key);

    [[nodiscard]] Bytes seal(const crypto::SealingPublic& to) const { return to.seal(packed_); }
    // SHA-256 of "signalbox/secret/v1\n", the salt and the value.
    [[nodiscard]] crypto::Digest commitment() const;
    [[nodiscard]] crypto::SecretBytes value() const;

  private:
    explicit Secret(crypto::SecretBytes packed) : packed_(std::move(packed)) {}
    crypto::SecretBytes packed_;
};

// Opens every secret that the references name. Errors: refused: one is missing, too many, sealed to another
// key, or not the value that was approved.
[[nodiscard]] Result<Values> open_all(const References& references, const Sealed& sealed,
                                      const crypto::SealingKey& key);

// What the record key signs, so that nobody between host and controller can put in a sealing key of their
// own: "signalbox/seal/v1\n<cluster>\n<agent>\n<hex of the public half>".
[[nodiscard]] std::string announcement(const ClusterId& cluster, const AgentId& agent,
                                       const crypto::SealingPublic& key);

}  // namespace signalbox::secret
