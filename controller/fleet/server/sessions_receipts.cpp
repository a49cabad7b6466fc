// SPDX-License-Identifier: Apache-2.0
// What a host is shown of the ledger: proofs of its own records, and the newest checkpoint.
#include <algorithm>

#include "controller/fleet/server/sessions.hpp"
#include "controller/fleet/server/wire.hpp"

namespace signalbox::fleet {
namespace {

// At most so many messages of receipts at one checkpoint; the rest follows with the next sign of life.
constexpr int kReceiptMessages = 16;
// A host that is given no receipts is shown the newest checkpoint about so often.
constexpr auto kShowEvery = std::chrono::minutes(10);

}  // namespace

// Also when the records came on a stream that leaves.
void Sessions::owe_receipts(const AgentId& id) {
    const auto present = sessions_.find(id);
    if (present == sessions_.end()) return;
    present->second.owed = true;
    send_receipts(present->second);
}

void Sessions::send_receipts(Session& session) {
    // Receipts continue what the newest stream's hello said; a stream that leaves gets none.
    const auto present = sessions_.find(session.agent.agent_id);
    if (present == sessions_.end() || &present->second != &session || !session.owed) return;
    for (int i = 0; i < kReceiptMessages; ++i) {
        auto receipts = ledger_.receipts(session.agent.agent_id, session.receipts_to, session.pinned_size);
        if (!receipts) {
            session.owed = false;
            log_.error("ALARM: no receipts for an agent", {{"agent", session.agent.agent_id},
                                                           {"host", session.agent.host},
                                                           {"error", receipts.error()}});
            return;
        }
        if (receipts->receipts.empty()) {
            // Records that no checkpoint covers yet are asked for again by the next checkpoint.
            auto tail = ledger_.agent_tail(session.agent.agent_id);
            session.owed = tail && *tail && (*tail)->seq > session.receipts_to;
            return;
        }
        if (!session.link->send(to_message(*receipts))) return;
        session.receipts_to = receipts->receipts.back().seq;
        session.pinned_size = receipts->checkpoint.checkpoint.size;
        session.shown = clock_.now();
    }
}

// A host without records of its own is a witness too: it holds each checkpoint that it is shown to its pin.
void Sessions::show_checkpoint(Session& session) {
    if (!session.hello.executor_connected() || session.owed) return;
    if (clock_.now() - std::max(session.shown, session.opened) < kShowEvery) return;
    auto shown = ledger_.receipts(session.agent.agent_id, session.receipts_to, session.pinned_size, 0);
    if (!shown) {
        log_.error(
            "ALARM: no checkpoint for an agent",
            {{"agent", session.agent.agent_id}, {"host", session.agent.host}, {"error", shown.error()}});
        return;
    }
    session.shown = clock_.now();
    if (shown->checkpoint.checkpoint.size == session.pinned_size) return;
    if (session.link->send(to_message(*shown))) session.pinned_size = shown->checkpoint.checkpoint.size;
}

}  // namespace signalbox::fleet
