// SPDX-License-Identifier: Apache-2.0
#include "common/evidence/proven_entry.hpp"

#include <fmt/format.h>

#include "common/crypto/encoding.hpp"
#include "common/json/json.hpp"
#include "common/merkle/signed_note.hpp"
#include "common/merkle/tlog_proof.hpp"
#include "common/record/record.hpp"

namespace signalbox::evidence {
namespace {

std::string base64(std::string_view text) {
    return crypto::to_base64(as_bytes(text));
}

Error not_its_leaf(std::uint64_t index) {
    return {Code::refused, fmt::format("the leaf of entry {} is not that of its envelope", index)};
}

// Of the signer, as its key id and its PEM stand in the leaf. `opened` has exactly one signature.
Status check_leaf(const ProvenEntry& entry, const record::Opened& opened) {
    SB_TRY(const json::Json leaf, json::parse(entry.leaf));
    const json::Json& spec = leaf.is_object() ? leaf.value("spec", json::Json()) : json::Json();
    const json::Json::json_pointer signature("/signatures/0/signature"), payload("/payloadHash/value"),
        envelope("/envelopeHash/value");
    const auto text = [&](const json::Json::json_pointer& at) -> std::string {
        return spec.contains(at) && spec.at(at).is_string() ? spec.at(at).get<std::string>() : std::string();
    };
    const bool same = text(signature) == crypto::to_base64(opened.envelope.signatures.front().signature) &&
                      text(payload) == crypto::sha256(opened.envelope.payload).hex() &&
                      text(envelope) == crypto::sha256(entry.envelope).hex();
    return same ? Status() : not_its_leaf(entry.index);
}

}  // namespace

Result<merkle::Checkpoint> check(const ProvenEntry& entry, const crypto::PublicKey& ledger_key) {
    const std::string origin = entry.checkpoint.substr(0, entry.checkpoint.find('\n'));
    SB_TRY(merkle::Checkpoint checkpoint, merkle::verify_checkpoint(entry.checkpoint, origin, ledger_key));
    SB_TRY(const record::Opened opened, record::open(entry.envelope));
    SB_CHECK(check_leaf(entry, opened));
    if (!merkle::verify_inclusion(merkle::leaf_hash(entry.leaf), entry.index, checkpoint.size, entry.hashes,
                                  checkpoint.root)) {
        return Error(Code::refused, fmt::format("the proof that entry {} is in the tree of {} does not hold",
                                                entry.index, checkpoint.size));
    }
    return checkpoint;
}

std::string tlog_proof(const ProvenEntry& entry) {
    return merkle::to_text(
        merkle::TlogProof{entry.index, entry.hashes, entry.checkpoint, to_bytes(entry.leaf)});
}

Result<std::string> sigstore_bundle(const ProvenEntry& entry, const crypto::PublicKey& ledger_key) {
    SB_TRY(const merkle::Checkpoint checkpoint, check(entry, ledger_key));
    SB_TRY(const record::Opened opened, record::open(entry.envelope));
    const dsse::EnvelopeSignature& signature = opened.envelope.signatures.front();

    json::Json proof = {{"logIndex", std::to_string(entry.index)},
                        {"rootHash", crypto::to_base64(checkpoint.root.view())},
                        {"treeSize", std::to_string(checkpoint.size)},
                        {"hashes", json::Json::array()},
                        {"checkpoint", {{"envelope", entry.checkpoint}}}};
    for (const merkle::Hash& hash : entry.hashes) proof["hashes"].push_back(crypto::to_base64(hash.view()));
    json::Json logged = {
        {"logIndex", std::to_string(entry.index)},
        {"logId",
         {{"keyId", crypto::to_base64(merkle::note_key_hash(checkpoint.origin, ledger_key).view())}}},
        {"kindVersion", {{"kind", "dsse"}, {"version", "0.0.1"}}},
        {"inclusionProof", std::move(proof)},
        {"canonicalizedBody", base64(entry.leaf)}};
    json::Json bundle = {{"mediaType", "application/vnd.dev.sigstore.bundle.v0.3+json"},
                         {"verificationMaterial", {{"publicKey", {{"hint", signature.keyid.str()}}}}}};
    bundle["verificationMaterial"]["tlogEntries"] = json::Json::array();
    bundle["verificationMaterial"]["tlogEntries"].push_back(std::move(logged));
    json::Json signed_by = {{"sig", crypto::to_base64(signature.signature)},
                            {"keyid", signature.keyid.str()}};
    bundle["dsseEnvelope"] = {{"payload", base64(opened.envelope.payload)},
                              {"payloadType", opened.envelope.payload_type}};
    bundle["dsseEnvelope"]["signatures"] = json::Json::array();
    bundle["dsseEnvelope"]["signatures"].push_back(std::move(signed_by));
    return json::canonical(bundle);
}

}  // namespace signalbox::evidence
