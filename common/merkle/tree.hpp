// SPDX-License-Identifier: Apache-2.0
// RFC 6962 section 2.1 Merkle tree: hashes, inclusion and consistency proofs and their verification. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/crypto/digest.hpp"

namespace signalbox::merkle {

using Hash = crypto::Digest;
using Proof = std::vector<Hash>;

[[nodiscard]] Hash leaf_hash(std::string_view leaf);                // SHA-256(0x00 || leaf)
[[nodiscard]] Hash node_hash(const Hash& left, const Hash& right);  // SHA-256(0x01 || left || right)
[[nodiscard]] Hash empty_root();                                    // SHA-256("")

// Reads the hash of the complete subtree at `level` (0 = leaves) and `index`; a store or a vector answers it.
using NodeReader = std::function<Result<Hash>(unsigned level, std::uint64_t index)>;

// A new complete subtree made by appending the leaf at index size: write each of these, in order.
struct NewNode {
    unsigned level;
    std::uint64_t index;
    Hash hash;
};
[[nodiscard]] Result<std::vector<NewNode>> append(std::uint64_t size, const Hash& leaf,
                                                  const NodeReader& read);

[[nodiscard]] Result<Hash> root(std::uint64_t size, const NodeReader& read);
// Errors: invalid_argument (index >= size, from > to), and the reader's.
[[nodiscard]] Result<Proof> inclusion_proof(std::uint64_t index, std::uint64_t size, const NodeReader& read);
[[nodiscard]] Result<Proof> consistency_proof(std::uint64_t from, std::uint64_t to, const NodeReader& read);

[[nodiscard]] bool verify_inclusion(const Hash& leaf, std::uint64_t index, std::uint64_t size,
                                    const Proof& proof, const Hash& root);
[[nodiscard]] bool verify_consistency(std::uint64_t from, const Hash& from_root, std::uint64_t to,
                                      const Hash& to_root, const Proof& proof);

// A whole tree in memory, for verifiers and tests.
class MemoryTree {
  public:
    void append(const Hash& leaf);
    [[nodiscard]] std::uint64_t size() const;
    [[nodiscard]] Hash root() const;
    [[nodiscard]] NodeReader reader() const;  // valid while the tree lives

  private:
    std::vector<std::vector<Hash>> levels_;
};

}  // namespace signalbox::merkle
