// SPDX-License-Identifier: Apache-2.0
// Inclusion and consistency proofs (RFC 6962): of a small tree, the true proof verifies and nothing else
// does; of any numbers, verification ends and does not crash.
#include <array>
#include <cstring>

#include "common/merkle/tree.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace signalbox::fuzz {
namespace {

// Takes numbers and hashes from the input until it is used up; zeros from then on.
class Bits {
  public:
    explicit Bits(std::string_view input) : rest_(input) {}

    [[nodiscard]] std::uint64_t number(std::size_t bytes) {
        std::uint64_t out = 0;
        for (; bytes > 0 && !rest_.empty(); --bytes) {
            out = (out << 8U) | static_cast<unsigned char>(rest_.front());
            rest_.remove_prefix(1);
        }
        return out;
    }
    [[nodiscard]] merkle::Proof hashes() {
        merkle::Proof out;
        while (!rest_.empty() && out.size() < 100) {
            merkle::Hash hash;
            const std::size_t take = std::min(rest_.size(), hash.bytes.size());
            std::memcpy(hash.bytes.data(), rest_.data(), take);
            rest_.remove_prefix(take);
            out.push_back(hash);
        }
        return out;
    }

  private:
    std::string_view rest_;
};

// The true proof, changed as the number says: nothing, a byte, one hash less, one more, two swapped.
merkle::Proof changed(merkle::Proof proof, std::uint64_t how) {
    const std::uint64_t at = how / 8;
    if (how % 8 == 1 && !proof.empty()) {
        auto& byte = proof[at % proof.size()].bytes[(at / 64) % 32];
        byte = static_cast<std::uint8_t>(byte ^ (1U << (at % 8)));
    } else if (how % 8 == 2 && !proof.empty()) {
        proof.erase(proof.begin() + static_cast<std::ptrdiff_t>(at % proof.size()));
    } else if (how % 8 == 3) {
        proof.insert(proof.begin() + static_cast<std::ptrdiff_t>(at % (proof.size() + 1)), merkle::Hash{});
    } else if (how % 8 == 4 && proof.size() > 1) {
        std::swap(proof[at % proof.size()], proof[(at / 16) % proof.size()]);
    }
    return proof;
}

void small_tree(Bits bits) {
    const std::uint64_t size = 1 + bits.number(1) % 40;
    const std::uint64_t at = bits.number(1) % size;
    const std::uint64_t claimed_at = bits.number(1) % 64;
    const std::uint64_t claimed_size = bits.number(1) % 64;
    const std::uint64_t how = bits.number(2);
    merkle::MemoryTree tree;
    merkle::Hash leaf, then;
    for (std::uint64_t i = 0; i < size; ++i) {
        const merkle::Hash each = merkle::leaf_hash(std::to_string(i));
        if (i == at) leaf = each;
        tree.append(each);
        if (i == at) then = tree.root();  // of at + 1 leaves
    }
    const auto truth = merkle::inclusion_proof(at, size, tree.reader()).value();
    const auto proof = changed(truth, how);
    require(merkle::verify_inclusion(leaf, at, size, proof, tree.root()) == (proof == truth),
            "a leaf is proven by its own proof and by no other");
    if (claimed_at != at && claimed_at < size) {
        require(!merkle::verify_inclusion(leaf, claimed_at, size, proof, tree.root()),
                "a leaf is proven at no other place");
    }
    static_cast<void>(merkle::verify_inclusion(leaf, claimed_at, claimed_size, proof, tree.root()));

    const auto grown = merkle::consistency_proof(at + 1, size, tree.reader()).value();
    const auto shown = changed(grown, how);
    require(merkle::verify_consistency(at + 1, then, size, tree.root(), shown) == (shown == grown),
            "growth is proven by its own proof and by no other");
    if (!(then == merkle::leaf_hash("x"))) {
        require(!merkle::verify_consistency(at + 1, merkle::leaf_hash("x"), size, tree.root(), shown),
                "another past is not proven");
    }
    static_cast<void>(merkle::verify_consistency(claimed_at, then, claimed_size, tree.root(), shown));
}

void any_numbers(Bits bits) {
    const std::uint64_t a = bits.number(8);
    const std::uint64_t b = bits.number(8);
    const auto proof = bits.hashes();
    const merkle::Hash x = merkle::leaf_hash("x");
    const merkle::Hash y = merkle::leaf_hash("y");
    require(!merkle::verify_inclusion(x, a, b, proof, y), "nothing is proven by bytes out of the air");
    require(!merkle::verify_consistency(a, x, b, y, proof) || a == 0, "nor is growth");
}

}  // namespace

void one(std::string_view input) {
    if (input.empty()) return;
    const Bits bits(input.substr(1));
    if (input.front() % 2 == 0) return small_tree(bits);
    any_numbers(bits);
}

}  // namespace signalbox::fuzz
