// SPDX-License-Identifier: Apache-2.0
#include "common/evidence/proven_entry.hpp"

#include <gtest/gtest.h>

#include "common/crypto/encoding.hpp"
#include "common/json/json.hpp"
#include "common/merkle/tlog_proof.hpp"
#include "tests/unit/common/evidence/ledger_fixture.hpp"

namespace signalbox::evidence {
namespace {

class ProvenEntries : public ::testing::Test {
  protected:
    void SetUp() override {
        ledger.decide("cluster_initialised");
        ledger.enrol(AgentId("a"), key_a);
        ledger.act(AgentId("a"), key_a);
        ledger.decide("gate_verdict");
        ledger.decide("token_minted");
    }
    ProvenEntry entry(std::uint64_t index) const {
        merkle::MemoryTree tree;
        for (const Entry& each : ledger.entries) tree.append(merkle::leaf_hash(each.leaf));
        return {index, ledger.entries[index].leaf, ledger.entries[index].envelope,
                merkle::inclusion_proof(index, tree.size(), tree.reader()).value(), ledger.checkpoint()};
    }
    const crypto::PublicKey& key() const { return ledger.keys.ledger.public_key(); }

    const crypto::SigningKey key_a = fakes::test_key(51);
    LedgerFixture ledger;
};

TEST_F(ProvenEntries, HoldAndEveryBentPartIsNoticed) {
    for (std::uint64_t index = 0; index < 5; ++index) EXPECT_EQ(check(entry(index), key())->size, 5U);
    ProvenEntry bent = entry(2);
    bent.index = 3;
    EXPECT_EQ(check(bent, key()).error().code(), Code::refused);
    bent = entry(2);
    bent.hashes.pop_back();
    EXPECT_FALSE(check(bent, key()));
    bent = entry(2);
    bent.envelope = entry(3).envelope;
    EXPECT_EQ(check(bent, key()).error().message(), "the leaf of entry 2 is not that of its envelope");
    bent = entry(2);
    bent.leaf = entry(3).leaf;
    EXPECT_FALSE(check(bent, key()));
    bent.leaf = "[]";
    EXPECT_FALSE(check(bent, key()));
    EXPECT_EQ(check(entry(2), key_a.public_key()).error().code(), Code::refused)
        << "not the ledger's checkpoint";
}

TEST_F(ProvenEntries, ATlogProofIsWholeInItself) {
    const auto proof = merkle::parse_tlog_proof(tlog_proof(entry(2)));
    ASSERT_TRUE(proof.ok()) << proof.error().to_string();
    EXPECT_EQ(proof->index, 2U);
    EXPECT_EQ(proof->hashes, entry(2).hashes);
    EXPECT_EQ(proof->extra, to_bytes(entry(2).leaf));
    EXPECT_EQ(proof->checkpoint, ledger.checkpoint());
}

TEST_F(ProvenEntries, ABundleNamesTheSignerTheLogAndNoTime) {
    const json::Json bundle = json::parse(sigstore_bundle(entry(2), key()).value()).value();
    EXPECT_EQ(bundle["mediaType"], "application/vnd.dev.sigstore.bundle.v0.3+json");
    const json::Json& material = bundle["verificationMaterial"];
    EXPECT_EQ(material["publicKey"]["hint"], key_a.public_key().id().str());
    const json::Json& logged = material["tlogEntries"][0];
    EXPECT_EQ(logged["logIndex"], "2");
    EXPECT_FALSE(logged.contains("integratedTime"));
    EXPECT_EQ(logged["canonicalizedBody"], crypto::to_base64(as_bytes(entry(2).leaf)));
    EXPECT_EQ(logged["inclusionProof"]["checkpoint"]["envelope"], ledger.checkpoint());
    EXPECT_EQ(logged["inclusionProof"]["treeSize"], "5");
    EXPECT_EQ(bundle["dsseEnvelope"], json::parse(entry(2).envelope).value());
    ProvenEntry bent = entry(2);
    bent.index = 4;
    EXPECT_FALSE(sigstore_bundle(bent, key()));
}

}  // namespace
}  // namespace signalbox::evidence
