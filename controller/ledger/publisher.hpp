// SPDX-License-Identifier: Apache-2.0
// Which checkpoint is shown to the outside: one that witnesses have cosigned, as far as they answer. On the
// domain strand.
#pragma once

#include <functional>

#include "common/base/result.hpp"
#include "controller/ledger/store.hpp"

namespace signalbox::ledger {

class Publisher {
  public:
    virtual ~Publisher() = default;
    // What strangers are shown now.
    [[nodiscard]] virtual SignedCheckpoint shown() = 0;
    // One that covers everything appended before the call. Replies once: at once, or when the witnesses have
    // answered, or when they took too long, and then with the cosignatures that came.
    virtual void newest(std::function<void(Result<SignedCheckpoint>)> reply) = 0;
};

}  // namespace signalbox::ledger
