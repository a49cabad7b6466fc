// SPDX-License-Identifier: Apache-2.0
// How long to wait before the next try: full jitter over a ceiling that doubles, so that a thousand agents do
// not come back at the same instant. Not thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>

#include "common/base/time.hpp"
#include "common/crypto/random.hpp"

namespace signalbox::link {

struct BackoffLimits {
    Duration first = std::chrono::seconds(1);
    Duration longest = std::chrono::seconds(60);
};

class Backoff {
  public:
    // The random source must outlive it.
    explicit Backoff(crypto::Random& random, BackoffLimits limits = {})
        : random_(random), limits_(limits), ceiling_(limits.first) {}

    // Evenly between nothing and the ceiling, which then doubles.
    [[nodiscard]] Duration next();
    void reset() { ceiling_ = limits_.first; }
    // Straight to the longest: the other side said no.
    void discourage() { ceiling_ = limits_.longest; }

  private:
    crypto::Random& random_;
    BackoffLimits limits_;
    Duration ceiling_;
};

// Between `span` less and more ten percent, evenly: so that renewals spread.
[[nodiscard]] Duration jittered(Duration span, crypto::Random& random);

}  // namespace signalbox::link
