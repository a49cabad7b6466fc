// SPDX-License-Identifier: Apache-2.0
// A small cluster's keys and its signed trust file, the same in every run. For tests only.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "common/crypto/keys.hpp"
#include "common/dsse/dsse.hpp"
#include "common/trust/approval.hpp"
#include "common/trust/trust_file.hpp"

namespace signalbox::fakes {

// The key that the number stands for.
inline crypto::SigningKey test_key(std::uint8_t number) {
    return crypto::SigningKey::from_seed(Bytes(32, number)).value();
}

// Any payload under any signatures.
inline std::string signed_text(std::string_view type, std::string payload,
                               std::initializer_list<const crypto::SigningKey*> signers) {
    dsse::Envelope envelope{std::string(type), std::move(payload), {}};
    for (const crypto::SigningKey* each : signers) {
        if (!dsse::add_signature(envelope, *each)) std::terminate();
    }
    return dsse::serialize(envelope);
}

// Cluster "demo": 2 of 3 root keys; production wants one tester and two owners, staging nobody. Ann may do
// both, Ben and Cat own, Tom tests.
struct TrustFixture {
    crypto::SigningKey root1 = test_key(1), root2 = test_key(2), root3 = test_key(3);
    crypto::SigningKey token = test_key(4), ledger = test_key(5);
    crypto::SigningKey ann = test_key(11), ben = test_key(12), cat = test_key(13), tom = test_key(14);
    trust::TrustFile file = make();

    [[nodiscard]] std::string text() const { return sign(file); }
    [[nodiscard]] std::string sign(const trust::TrustFile& any) const {
        return signed_text(trust::kTrustPayloadType, trust::serialize(any), {&root1, &root2});
    }
    [[nodiscard]] static std::string sign_approval(const trust::Approval& approval,
                                                   std::initializer_list<const crypto::SigningKey*> signers) {
        return signed_text(trust::kInTotoPayloadType, trust::serialize(approval), signers);
    }

  private:
    static void add(trust::TrustFile& to, const std::string& role, int threshold,
                    std::initializer_list<const crypto::SigningKey*> holders) {
        to.roles[role].threshold = threshold;
        for (const crypto::SigningKey* each : holders) to.roles[role].keyids.insert(each->public_key().id());
    }

    [[nodiscard]] trust::TrustFile make() const {
        trust::TrustFile made;
        made.cluster_id = ClusterId{"demo"};
        made.expires = from_unix_seconds(1'900'000'000);
        const std::pair<const crypto::SigningKey*, const char*> keys[] = {
            {&root1, "root one"}, {&root2, "root two"}, {&root3, "root three"},
            {&token, "token"},    {&ledger, "ledger"},  {&ann, "Ann"},
            {&ben, "Ben"},        {&cat, "Cat"},        {&tom, "Tom"}};
        for (const auto& [key, label] : keys) {
            made.keys.emplace(key->public_key().id(), trust::TrustedKey{key->public_key(), label});
        }
        add(made, "root", 2, {&root1, &root2, &root3});
        add(made, "token", 1, {&token});
        add(made, "ledger", 1, {&ledger});
        add(made, "approve/production/tester", 1, {&ann, &tom});
        add(made, "approve/production/owner", 2, {&ann, &ben, &cat});
        add(made, "approve/staging/owner", 0, {&ann});
        return made;
    }
};

}  // namespace signalbox::fakes
