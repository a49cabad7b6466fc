// SPDX-License-Identifier: Apache-2.0
// SourceStore in memory. One thread.
#pragma once

#include "controller/estate/source.hpp"

namespace signalbox::fakes {

class MemorySourceStore final : public estate::SourceStore {
  public:
    [[nodiscard]] Result<std::optional<estate::Source>> load() const override { return source_; }
    [[nodiscard]] Status save(const estate::Source& source, const ledger::PendingEntry&) override {
        source_ = source;
        return {};
    }

  private:
    std::optional<estate::Source> source_;
};

}  // namespace signalbox::fakes
