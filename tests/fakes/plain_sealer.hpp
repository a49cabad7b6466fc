// SPDX-License-Identifier: Apache-2.0
// A Sealer that signs nothing: an entry's envelope is {"plain": data}. For tests of what is decided, not of
// how it is sealed. Thread-safe.
#pragma once

#include "controller/ledger/sealer.hpp"

namespace signalbox::fakes {

class PlainSealer final : public ledger::Sealer {
  public:
    explicit PlainSealer(const crypto::SigningKey& unused) : Sealer(ClusterId("demo"), unused) {}

    [[nodiscard]] ledger::PendingEntry decision(std::string_view kind, json::Json data,
                                                Instant) const override {
        ledger::PendingEntry entry;
        entry.kind = "decision:" + std::string(kind);
        entry.envelope = json::canonical({{"plain", std::move(data)}});
        return entry;
    }
};

}  // namespace signalbox::fakes
