// SPDX-License-Identifier: Apache-2.0
// The events of a release, and of those that ran beside it, read back from the ledger. On the domain strand;
// a long ledger is read slice by slice, each in a task of its own.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "common/async/strand.hpp"
#include "common/base/result.hpp"
#include "controller/ledger/store.hpp"
#include "controller/release/sequence/event.hpp"

namespace signalbox::dispatch {

using ReadEntries = std::function<Result<std::vector<ledger::StoredEntry>>(const ledger::EntryQuery&)>;

struct HistoryOrder {
    std::map<ReleaseId, std::shared_ptr<const sequence::ReleaseSpec>> specs;
    Instant until{};  // later events are of no interest
};

// `on_event` is called in the order of the ledger, then `done` once; both later, never from inside the call.
// Errors: data_loss (an entry that cannot be read), the ledger's.
void read_history(async::Strand& strand, ReadEntries entries, HistoryOrder order,
                  std::function<void(const sequence::TimedEvent&)> on_event,
                  std::function<void(Status)> done);

}  // namespace signalbox::dispatch
