// SPDX-License-Identifier: Apache-2.0
#include "common/merkle/tree.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>

#include "common/crypto/encoding.hpp"

namespace signalbox::merkle {
namespace {

MemoryTree tree_of(std::uint64_t size) {
    MemoryTree tree;
    for (std::uint64_t i = 0; i < size; ++i) tree.append(leaf_hash("leaf " + std::to_string(i)));
    return tree;
}

// Inputs and roots of github.com/transparency-dev/merkle, testonly/constants.go (the certificate-transparency
// reference tree of RFC 6962).
TEST(Tree, GivesTheReferenceRootsOfRfc6962) {
    const char* const leaves[] = {
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
    const char* const roots[] = {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                 "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                                 "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                                 "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                                 "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                                 "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                                 "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                                 "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
    MemoryTree tree;
    EXPECT_EQ(tree.root().hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (std::size_t i = 0; i < 8; ++i) {
        tree.append(leaf_hash(to_text(crypto::from_hex(leaves[i]).value())));
        EXPECT_EQ(tree.root().hex(), roots[i]) << i;
    }
}

// The same tree's proofs: github.com/transparency-dev/merkle, proof/verify_test.go (inclusionProofs,
// consistencyProofs).
TEST(Tree, GivesTheReferenceProofsOfRfc6962) {
    MemoryTree tree;
    for (const char* leaf :
         {"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"})
        tree.append(leaf_hash(to_text(crypto::from_hex(leaf).value())));
    const auto hex = [](const Result<Proof>& proof) {
        std::vector<std::string> out;
        for (const Hash& hash : proof.value()) out.push_back(hash.hex());
        return out;
    };
    using Hex = std::vector<std::string>;
    const std::string h96 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                      h5f = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                      h6b = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
                      hbc = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                      hca = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                      hd3 = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                      hfa = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                      h6e = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                      h0e = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                      hb0 = "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f";
    const NodeReader read = tree.reader();
    EXPECT_EQ(hex(inclusion_proof(0, 1, read)), Hex{});
    EXPECT_EQ(hex(inclusion_proof(0, 8, read)), (Hex{h96, h5f, h6b}));
    EXPECT_EQ(hex(inclusion_proof(5, 8, read)), (Hex{hbc, hca, hd3}));
    EXPECT_EQ(hex(inclusion_proof(2, 3, read)), (Hex{hfa}));
    EXPECT_EQ(hex(inclusion_proof(1, 5, read)), (Hex{h6e, h5f, hbc}));
    EXPECT_EQ(hex(consistency_proof(1, 1, read)), Hex{});
    EXPECT_EQ(hex(consistency_proof(1, 8, read)), (Hex{h96, h5f, h6b}));
    EXPECT_EQ(hex(consistency_proof(6, 8, read)), (Hex{h0e, hca, hd3}));
    EXPECT_EQ(hex(consistency_proof(2, 5, read)), (Hex{h5f, hbc}));
    EXPECT_EQ(hex(consistency_proof(6, 7, read)), (Hex{h0e, hb0, hd3}));
}

TEST(Tree, EveryInclusionProofHoldsForItsOwnEntryOnly) {
    for (const std::uint64_t size : {1U, 2U, 3U, 7U, 8U, 13U, 32U, 33U}) {
        const MemoryTree tree = tree_of(size);
        for (std::uint64_t i = 0; i < size; ++i) {
            const Hash leaf = leaf_hash("leaf " + std::to_string(i));
            const Proof proof = inclusion_proof(i, size, tree.reader()).value();
            EXPECT_TRUE(verify_inclusion(leaf, i, size, proof, tree.root())) << i << " in " << size;
            EXPECT_FALSE(verify_inclusion(leaf_hash("other"), i, size, proof, tree.root()));
            EXPECT_FALSE(verify_inclusion(leaf, i + 1, size, proof, tree.root()));
            EXPECT_FALSE(verify_inclusion(leaf, i, size, proof, leaf_hash("root")));
            Proof longer = proof;
            longer.push_back(leaf);
            EXPECT_FALSE(verify_inclusion(leaf, i, size, longer, tree.root()));
            if (proof.empty()) continue;
            Proof changed = proof;
            changed.back().bytes[0] ^= 1;
            EXPECT_FALSE(verify_inclusion(leaf, i, size, changed, tree.root()));
            changed.pop_back();
            EXPECT_FALSE(verify_inclusion(leaf, i, size, changed, tree.root()));
        }
        EXPECT_FALSE(inclusion_proof(size, size, tree.reader()));
    }
}

TEST(Tree, ConsistencyHoldsForEveryPastSizeAndForNoForkedOne) {
    const std::uint64_t to = 21;
    const MemoryTree tree = tree_of(to);
    for (std::uint64_t from = 0; from <= to; ++from) {
        const Hash old_root = tree_of(from).root();
        const Proof proof = consistency_proof(from, to, tree.reader()).value();
        EXPECT_TRUE(verify_consistency(from, old_root, to, tree.root(), proof)) << from;
        EXPECT_FALSE(verify_consistency(from, leaf_hash("fork"), to, tree.root(), proof)) << from;
        if (from != 0) {
            EXPECT_FALSE(verify_consistency(from, old_root, to, leaf_hash("fork"), proof)) << from;
        }
        Proof longer = proof;
        longer.push_back(old_root);
        EXPECT_FALSE(verify_consistency(from, old_root, to, tree.root(), longer)) << from;
        for (std::size_t i = 0; i < proof.size(); ++i) {
            Proof changed = proof;
            changed[i].bytes[31] ^= 0x80;
            EXPECT_FALSE(verify_consistency(from, old_root, to, tree.root(), changed)) << from;
        }
        if (proof.empty()) continue;
        EXPECT_FALSE(verify_consistency(from, old_root, to, tree.root(), {proof.begin() + 1, proof.end()}));
        EXPECT_FALSE(verify_consistency(from, old_root, to, tree.root(), {})) << from;
    }
    EXPECT_FALSE(consistency_proof(to + 1, to, tree.reader()));
    EXPECT_FALSE(verify_consistency(to + 1, tree.root(), to, tree.root(), {}));
}

// What a store keeps: only what append() says was made.
TEST(Tree, AppendNamesExactlyTheNewNodes) {
    MemoryTree whole;
    std::map<std::pair<unsigned, std::uint64_t>, Hash> store;
    const NodeReader read = [&](unsigned level, std::uint64_t index) -> Result<Hash> {
        const auto it = store.find({level, index});
        if (it == store.end()) return Error{Code::not_found, "no such node"};
        return it->second;
    };
    for (std::uint64_t i = 0; i < 40; ++i) {
        const Hash leaf = leaf_hash(std::to_string(i));
        whole.append(leaf);
        const std::vector<NewNode> made = append(i, leaf, read).value();
        for (const NewNode& node : made) {
            EXPECT_TRUE(store.emplace(std::pair{node.level, node.index}, node.hash).second);
        }
        EXPECT_EQ(root(i + 1, read).value(), whole.root());
    }
    store.erase({0, 38});
    EXPECT_EQ(append(39, leaf_hash("x"), read).error().code(), Code::not_found) << "a lost node is an error";
    EXPECT_FALSE(root(~std::uint64_t{0}, read));
}

}  // namespace
}  // namespace signalbox::merkle
