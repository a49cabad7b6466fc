// SPDX-License-Identifier: Apache-2.0
// Makes the token of one attempt, when everything that its host will check holds here too. Pure but for the
// random jti.
#pragma once

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/crypto/random.hpp"
#include "common/token/token.hpp"
#include "controller/release/dispatch/agent_port.hpp"
#include "controller/release/dispatch/loaded.hpp"
#include "controller/release/dispatch/trust_port.hpp"

namespace signalbox::dispatch {

// A token lives no longer than this.
inline constexpr Duration kTokenTtl = std::chrono::seconds(300);

struct Minted {
    std::string token;
    std::string jti;
    std::string nonce;
    Instant expires{};
};

// Whether the agent would take an order now. Errors: unavailable (why, for people).
[[nodiscard]] Status takes_orders(const std::optional<AgentView>& agent, const plan::PlanStep& step,
                                  const trust::TrustFile* trust, Instant now);
// Whether the environment's document is approved under the trust file in force. Errors: unavailable.
[[nodiscard]] Status approved(const Loaded& release, const std::string& environment,
                              const trust::TrustFile* trust);
// Errors: unavailable (the window is ending).
[[nodiscard]] Result<Minted> mint(const Loaded& release, const std::string& environment,
                                  const plan::PlanStep& step, int attempt, const AgentView& agent,
                                  const TrustPort& trust, crypto::Random& random, Instant now);

}  // namespace signalbox::dispatch
