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

    // Whether it works at all: with a full disk it still answers, halts and bans. Errors: unavailable, and
    // the ledger's, each with what to do.
    [[nodiscard]] Status works() const;
    // Whether it should get work. Errors: those of works(); resource_exhausted (the disk is almost full).
    [[nodiscard]] Status ready() const;

  private:
    std::string data_;
    std::optional<Error> ledger_;
    bool replaced_ = false;
};

}  // namespace signalbox::app
