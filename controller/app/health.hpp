// SPDX-License-Identifier: Apache-2.0
// Whether the controller can do its work now: what /readyz answers. On the domain strand.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/result.hpp"

namespace signalbox::app {

class Health {
  public:
    // Below this much free space the controller is not ready: a ledger that cannot grow stops everything.
    static constexpr std::uint64_t kLeastFreeBytes = 64U << 20;

    explicit Health(std::string data) : data_(std::move(data)) {}

    void ledger_trouble(const Error& error) { ledger_ = error; }
    void ledger_well() { ledger_.reset(); }
    // Another controller has taken the store over: for good.
    void replaced() { replaced_ = true; }

    // Errors: unavailable, resource_exhausted, each with what to do.
    [[nodiscard]] Status ready() const;

  private:
    std::string data_;
    std::optional<Error> ledger_;
    bool replaced_ = false;
};

}  // namespace signalbox::app
