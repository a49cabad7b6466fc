// SPDX-License-Identifier: Apache-2.0
// A small hybrid release for unit tests: per environment a green host behind a balancer and a legacy host,
// released under a barrier; staging, then production. Made by hand, not by the planner.
#pragma once

#include <string>
#include <vector>

#include "controller/release/dispatch/loaded.hpp"
#include "tests/fakes/trust_fixture.hpp"

namespace signalbox::scene {

inline constexpr const char* kOldVersion = "1.0.0";
inline constexpr const char* kNewVersion = "1.1.0";
inline constexpr int kMaxInFlight = 2;

[[nodiscard]] std::vector<std::string> hosts_of(const std::string& environment);
[[nodiscard]] std::vector<std::string> all_hosts();
[[nodiscard]] AgentId agent_of(const std::string& host);

[[nodiscard]] plan::Plan make_plan(const std::string& service, std::int64_t counter);
// With its approval documents; `signed_` puts enough people's signatures on them.
[[nodiscard]] dispatch::Loaded make_release(const fakes::TrustFixture& trust, const std::string& service,
                                            std::int64_t counter, Instant now, bool signed_);

}  // namespace signalbox::scene
