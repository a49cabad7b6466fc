// SPDX-License-Identifier: Apache-2.0
// What circuit breakers promise, seen from outside: an open one lets nothing start, a half-open one lets one
// host at a time through, and it closes only after a kind of step that had failed has done well there. Told
// of every event of the ledger and of every token. For tests only.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "controller/release/sequence/sequence.hpp"

namespace signalbox::scenario {

class BreakerWatch {
  public:
    using Complain = std::function<void(std::string)>;
    // A forward step whose token may still be admitted, or that runs.
    struct Live {
        ReleaseId release;
        StepId step;
        std::string host;  // that it changes
        bool undo = false;
        std::string environment;
        Instant sent{};
    };

    void replayed(const sequence::State& before, const sequence::State& after, const sequence::Event& event,
                  Instant at, const Complain& complain);
    // `live`: those that were sent before.
    void sent(const sequence::State& state, const Live& now, const std::vector<Live>& live,
              const Complain& complain) const;

  private:
    struct Seen {
        sequence::BreakerStatus status = sequence::BreakerStatus::closed;
        std::vector<std::pair<Instant, std::string>> failed;  // kinds
        std::set<std::string> to_prove;
        bool proven = false;
        Instant half_open{};
    };
    void attempt(const sequence::State& before, const sequence::State& after, const ReleaseId& release,
                 const StepId& step, Instant at);
    void moved(const std::string& name, const sequence::Breaker& breaker, const sequence::BreakerSpec& spec,
               const sequence::ReleaseState* release, Instant at, const Complain& complain);

    std::map<std::string, Seen> seen_;  // by environment or "release <id>"
};

}  // namespace signalbox::scenario
