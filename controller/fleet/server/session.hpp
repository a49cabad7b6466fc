// SPDX-License-Identifier: Apache-2.0
// What is known of one connected agent while its stream lives. Domain strand only.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "common/async/strand.hpp"
#include "controller/fleet/server/session_link.hpp"
#include "controller/fleet/types.hpp"

namespace signalbox::fleet {

struct Session {
    AgentInfo agent;
    std::shared_ptr<SessionLink> link;
    Instant opened{};
    Instant last_heard{};
    v1::Hello hello;  // the newest
    // Receipts
    bool owed = false;  // it hands in records that it has no receipts for yet
    std::int64_t receipts_to = 0;
    std::uint64_t pinned_size = 0;
    // The highest trust version pushed on this stream: a host that refuses one is not asked for ever.
    std::int64_t trust_pushed = 0;
    // Digests that the steps given to it name: what it may fetch, newest last.
    std::deque<crypto::Digest> artifacts;
    Instant shown{};  // when it was last sent a checkpoint
};

}  // namespace signalbox::fleet
