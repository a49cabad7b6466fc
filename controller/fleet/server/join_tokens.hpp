// SPDX-License-Identifier: Apache-2.0
// Makes join tokens: one use, for one host of one environment. Domain strand only.
#pragma once

#include <chrono>
#include <string>

#include "common/crypto/random.hpp"
#include "common/join/join_line.hpp"
#include "controller/fleet/store.hpp"
#include "controller/fleet/trust_source.hpp"
#include "controller/ledger/ledger.hpp"

namespace signalbox::fleet {

struct JoinRequest {
    std::string environment;
    std::string host;
    std::string site;
    Labels labels;
    std::chrono::seconds ttl{600};
    std::string by;        // the operator's name
    bool replace = false;  // the host is enrolled, and whoever uses the token takes its place
};

// Where a host finds this controller, and how it knows it.
struct ControllerAddress {
    ClusterId cluster;
    std::string address;  // host:port, as a host reaches it
    Bytes ca_der;
};

struct NewJoinToken {
    join::JoinLine line;
    Instant expires{};
};

inline constexpr std::chrono::seconds kMaxJoinTtl = std::chrono::hours(24 * 7);

// Names and labels are checked here once: they are in the ledger for ever and on every screen.
// Errors: invalid_argument (names the member and the rule).
[[nodiscard]] Status check_join_request(const JoinRequest& request);

// Stores the token (its secret only hashed) with its ledger entry. Errors: invalid_argument,
// already_exists (the host is enrolled, and `replace` is not said), failed_precondition (no trust file is
// published yet), the store's.
[[nodiscard]] Result<NewJoinToken> create_join_token(const JoinRequest& request,
                                                     const ControllerAddress& address, FleetStore& store,
                                                     ledger::Ledger& ledger, const TrustSource& trust,
                                                     crypto::Random& random, Instant now);

}  // namespace signalbox::fleet
