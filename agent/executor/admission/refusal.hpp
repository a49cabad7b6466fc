// SPDX-License-Identifier: Apache-2.0
// Why the executor says no: one numbered code for each rule. Numbers and names are for ever; they stand in
// signed records and in what operators read. Table: docs/formats/token.md.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace signalbox::admission {

enum class RefusalCode {
    size = 1,        // R_SIZE            token, action or approval over its cap
    format,          // R_FORMAT          not a v4.public token
    kid,             // R_KID             the footer names no key, or one not in the role `token`
    sig,             // R_SIG             signature fails: other bytes, other host, other nonce
    parse,           // R_PARSE           claims are not exactly the claims of docs/formats/token.md
    iss,             // R_ISS             another cluster
    aud,             // R_AUD             another agent
    akp,             // R_AKP             another record key
    nonce,           // R_NONCE           for an earlier start of this executor
    early,           // R_EARLY           not valid yet
    expired,         // R_EXPIRED         not valid any more
    ttl,             // R_TTL             lives longer than the trust file allows
    clock,           // R_CLOCK           this host's clock went back behind the time floor
    digest,          // R_DIGEST          the action is not what the token names
    approval,        // R_APPROVAL        people did not sign this step for this host
    window,          // R_WINDOW          outside the approved window
    rollback,        // R_ROLLBACK        older than what this host already has
    replay,          // R_REPLAY          this token was used
    attempts,        // R_ATTEMPTS        the approved number of attempts is used up
    busy,            // R_BUSY            this step runs, or the host has no room for one more
    done,            // R_DONE            this step succeeded under this approval
    trust,           // R_TRUST           the trust file is missing, expired or older than the token demands
    state,           // R_STATE           the journal cannot promise to remember
    unknown_action,  // R_UNKNOWN_ACTION  not an action that this executor knows exactly
    artifact,        // R_ARTIFACT        the descriptors are not the artifacts that the token names
};

inline constexpr std::size_t kRefusalCodes = 25;  // numbered from 1

[[nodiscard]] std::string_view name_of(RefusalCode code);  // "R_SIZE"
[[nodiscard]] constexpr int number_of(RefusalCode code) {
    return static_cast<int>(code);
}

struct Refusal {
    RefusalCode code;
    std::string detail;  // one line for people, no secret
};

}  // namespace signalbox::admission
