// SPDX-License-Identifier: Apache-2.0
// Effects as outbox rows, and back. Pure.
#pragma once

#include <optional>

#include "common/base/result.hpp"
#include "controller/release/dispatch/store.hpp"
#include "controller/release/sequence/effect.hpp"

namespace signalbox::dispatch {

// Nothing for effects that need not survive a restart.
[[nodiscard]] std::optional<OutboxRow> to_row(const sequence::Effect& effect);
// Errors: data_loss.
[[nodiscard]] Result<sequence::Effect> from_row(const OutboxRow& row);

}  // namespace signalbox::dispatch
