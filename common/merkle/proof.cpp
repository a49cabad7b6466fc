// SPDX-License-Identifier: Apache-2.0
// Verification of proofs, by the algorithms of RFC 9162 sections 2.1.3.2 and 2.1.4.2 (the same tree as RFC
// 6962).
#include "common/merkle/tree.hpp"

namespace signalbox::merkle {

bool verify_inclusion(const Hash& leaf, std::uint64_t index, std::uint64_t size, const Proof& proof,
                      const Hash& root) {
    if (index >= size) return false;
    std::uint64_t node = index, last = size - 1;
    Hash hash = leaf;
    for (const Hash& sibling : proof) {
        if (last == 0) return false;
        if ((node & 1) != 0 || node == last) {
            hash = node_hash(sibling, hash);
            while ((node & 1) == 0 && node != 0) {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    return last == 0 && hash == root;
}

bool verify_consistency(std::uint64_t from, const Hash& from_root, std::uint64_t to, const Hash& to_root,
                        const Proof& proof) {
    if (from > to) return false;
    if (from == 0) return proof.empty() && from_root == empty_root();
    if (from == to) return proof.empty() && from_root == to_root;
    std::uint64_t node = from - 1, last = to - 1;
    while ((node & 1) != 0) {
        node >>= 1;
        last >>= 1;
    }
    // When the old tree is complete its root starts both chains and is left out of the proof.
    auto next = proof.begin();
    if (node != 0 && next == proof.end()) return false;
    Hash old_hash = node == 0 ? from_root : *next++;
    Hash new_hash = old_hash;
    for (; next != proof.end(); ++next) {
        if (last == 0) return false;
        if ((node & 1) != 0 || node == last) {
            old_hash = node_hash(*next, old_hash);
            new_hash = node_hash(*next, new_hash);
            while ((node & 1) == 0 && node != 0) {
                node >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(new_hash, *next);
        }
        node >>= 1;
        last >>= 1;
    }
    return last == 0 && old_hash == from_root && new_hash == to_root;
}

}  // namespace signalbox::merkle
