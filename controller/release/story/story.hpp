// SPDX-License-Identifier: Apache-2.0
// The story of a release, told from the ledger alone: its entries are played through the sequencer once more,
// and what each of them changed is put into words. Pure; one thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.hpp"
#include "common/model/ids.hpp"
#include "controller/release/sequence/event.hpp"
#include "controller/release/sequence/sequence.hpp"
#include "controller/release/sequence/state.hpp"

namespace signalbox::story {

enum class LineKind {
    gate,
    release,
    breaker,
    ready,
    waits,
    minted,
    refused,
    attempt,
    done,
    failed,
    skipped,
    asked
};
[[nodiscard]] std::string_view to_string(LineKind kind);

struct Line {
    Instant at{};
    std::string environment;
    StepId step;  // empty: it is about the release
    LineKind kind = LineKind::release;
    std::string text;

    friend bool operator==(const Line&, const Line&) = default;
};

// What one entry did to the release. References live during the call.
struct Change {
    const sequence::TimedEvent& entry;
    const sequence::State& all_before;
    const sequence::State& all;
    const sequence::ReleaseState* before;  // nullptr: it was started just now
    const sequence::ReleaseState& after;
};

// Of one step, everything; of a release, what a person who was away wants to know. Feed it the entries of the
// release and of those that ran beside it, in the order of the ledger.
class Story {
  public:
    // More lines than these are counted, not kept.
    static constexpr std::size_t kMostLines = 2000;

    // `step`: empty for the whole release.
    explicit Story(ReleaseId release, StepId step = {})
        : release_(std::move(release)), step_(std::move(step)) {}

    void add(const sequence::TimedEvent& entry);
    // All lines so far, by time. A wait that lasts is told up to `now`.
    [[nodiscard]] std::vector<Line> lines(Instant now) const;
    [[nodiscard]] bool cut() const { return cut_; }
    // As the entries leave it; nullptr before it was started.
    [[nodiscard]] const sequence::ReleaseState* release() const;

  private:
    struct Wait {
        Instant from{};
        std::string why;
    };

    void tell(const Change& change);
    void tell_step(const Change& change, sequence::StepIndex step);
    [[nodiscard]] bool concerns_step(const Change& change, const Line& line) const;
    void follow_wait(const Change& change, sequence::StepIndex step);
    void push(Line line);

    ReleaseId release_;
    StepId step_;
    sequence::State state_;
    std::vector<Line> lines_;
    std::optional<Wait> wait_;
    bool cut_ = false;
};

}  // namespace signalbox::story
