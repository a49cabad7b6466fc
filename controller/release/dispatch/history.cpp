// SPDX-License-Identifier: Apache-2.0
#include "controller/release/dispatch/history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "common/record/record.hpp"

namespace signalbox::dispatch {
namespace {

constexpr std::size_t kSlice = 500;
constexpr std::string_view kCreated = "decision:release_created";

bool is_event(const std::string& kind) {
    return kind == kCreated || kind == "decision:gate_verdict" || kind == "decision:token_minted" ||
           kind == "decision:release_event";
}

Result<record::Decision> decision_of(const ledger::StoredEntry& stored) {
    SB_TRY(const record::Opened opened, record::open(stored.entry.envelope));
    return record::parse_decision(opened.envelope.payload);
}

std::string release_of(const json::Json& data) {
    const auto found = data.find("release_id");
    return found == data.end() || !found->is_string() ? std::string() : found->get<std::string>();
}

class Reader {
  public:
    Reader(ReadEntries entries, HistoryOrder order, std::function<void(const sequence::TimedEvent&)> on_event)
        : entries_(std::move(entries)), order_(std::move(order)), on_event_(std::move(on_event)) {
        for (const auto& [id, spec] : order_.specs) wanted_.insert(id.str());
    }

    // True: there is no more.
    Result<bool> slice() { return searching_ ? search() : replay(); }

  private:
    // Backwards through the started releases, to where the first of ours began.
    Result<bool> search() {
        ledger::EntryQuery query;
        query.kind = kCreated;
        query.newest_first = true;
        query.before = before_;
        query.limit = kSlice;
        SB_TRY(const auto page, entries_(query));
        for (const ledger::StoredEntry& stored : page) {
            before_ = stored.index;
            SB_TRY(const record::Decision decision, decision_of(stored).with_context(name(stored)));
            if (wanted_.erase(release_of(decision.data)) > 0) next_ = stored.index;
            if (wanted_.empty()) break;
        }
        searching_ = !wanted_.empty() && page.size() == kSlice;
        return false;
    }

    Result<bool> replay() {
        ledger::EntryQuery query;
        query.from = next_;
        query.limit = kSlice;
        SB_TRY(const auto page, entries_(query));
        for (const ledger::StoredEntry& stored : page) {
            next_ = stored.index + 1;
            if (!is_event(stored.entry.kind)) continue;
            SB_TRY(const bool over, take(stored).with_context(name(stored)));
            if (over) return true;
        }
        return page.size() < kSlice;
    }

    Result<bool> take(const ledger::StoredEntry& stored) {
        SB_TRY(const record::Decision decision, decision_of(stored));
        const std::string release = release_of(decision.data);
        if (!release.empty() && !order_.specs.contains(ReleaseId(release))) return false;
        SB_TRY(const sequence::TimedEvent event,
               sequence::event_from_json(decision.data, [&](const ReleaseId& id) {
                   return Result<std::shared_ptr<const sequence::ReleaseSpec>>(order_.specs.at(id));
               }));
        if (event.at > order_.until) return true;
        on_event_(event);
        return false;
    }

    static std::string name(const ledger::StoredEntry& stored) {
        return fmt::format("ledger entry {}", stored.index);
    }

    ReadEntries entries_;
    HistoryOrder order_;
    std::function<void(const sequence::TimedEvent&)> on_event_;
    std::set<std::string> wanted_;
    bool searching_ = true;
    std::optional<std::uint64_t> before_;
    std::uint64_t next_ = 0;
};

void go_on(async::Strand& strand, std::shared_ptr<Reader> reader, std::function<void(Status)> done) {
    strand.post([&strand, reader = std::move(reader), done = std::move(done)]() mutable {
        auto over = reader->slice();
        if (!over) return done(std::move(over).error());
        if (*over) return done({});
        go_on(strand, std::move(reader), std::move(done));
    });
}

}  // namespace

void read_history(async::Strand& strand, ReadEntries entries, HistoryOrder order,
                  std::function<void(const sequence::TimedEvent&)> on_event,
                  std::function<void(Status)> done) {
    go_on(strand, std::make_shared<Reader>(std::move(entries), std::move(order), std::move(on_event)),
          std::move(done));
}

}  // namespace signalbox::dispatch
