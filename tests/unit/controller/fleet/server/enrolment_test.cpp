// SPDX-License-Identifier: Apache-2.0
#include "controller/fleet/server/enrolment.hpp"

#include "common/crypto/encoding.hpp"
#include "common/pki/key.hpp"
#include "controller/fleet/server/join_tokens.hpp"
#include "tests/unit/controller/fleet/server/fleet_fixture.hpp"

namespace signalbox::fleet {
namespace {

using EnrolmentTest = Fleet;

// Of C2SP/CCTV ed25519vectors.json: low order, mixed order, not canonical. Some of them "sign" every message.
TEST_F(EnrolmentTest, attack_17_a_hostile_record_key_gets_no_identity_and_uses_up_no_token) {
    fakes::FixedRandom random;
    const auto files = pki::create_authority("demo", clock.now(), random).value();
    const auto authority = pki::Authority::load(files.certificate_pem, files.key_pem).value();
    const OneAuthority authorities(authority);
    const AgentCa ca(cluster, authorities, random);
    Enroller enroller(cluster, store, ledger, trust, ca, random, telemetry::Logger::silent());
    JoinRequest wanted;
    wanted.environment = "production";
    wanted.host = "web-2";
    wanted.by = "admin";
    const auto line =
        create_join_token(wanted, {cluster, "c:7443", {}}, store, ledger, trust, random, clock.now())
            .value()
            .line;
    const auto csr = pki::make_key_and_request().value();
    int peer = 0;
    for (const char* hostile : {"0100000000000000000000000000000000000000000000000000000000000000",
                                "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                                "0000000000000000000000000000000000000000000000000000000000000000",
                                "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
                                "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                "10eb7c3acfb2bed3e0d6ab89bf5a3d6afddd1176ce4812e38d9fd485058fdb1f",
                                "86e72f5c2a7215151059aa151c0ee6f8e2155d301402f35d7498f078629a8f79",
                                "6718d0a3d58deaeaefa655eae3f119071deaa2cfebfd0ca28b670f879d657086"}) {
        const Bytes point = crypto::from_hex(hostile).value();
        // R and S of nothing: what a lax library accepts for a key of low order.
        Bytes proof(64, 0);
        proof[0] = 1;
        const auto enrolled = enroller.enrol(
            {"192.0.2." + std::to_string(++peer), line.id, crypto::to_base64url(line.secret.expose()),
             to_bytes(csr.csr_der), "k4.public." + crypto::to_base64url(point), proof},
            clock.now());
        ASSERT_FALSE(enrolled.ok()) << hostile;
        EXPECT_EQ(enrolled.error().code(), Code::invalid_argument) << hostile;
    }
    EXPECT_FALSE(store.join_token(line.id).value()->used);
    EXPECT_EQ(store.agents().value().size(), 1U) << "nobody but the one of the fixture";
}

}  // namespace
}  // namespace signalbox::fleet
