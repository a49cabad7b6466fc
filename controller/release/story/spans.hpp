// SPDX-License-Identifier: Apache-2.0
// Spans: when each step of a release waited, was with its host, and ran, as a timeline draws it. Fed like a
// Story. Pure; one thread.
#pragma once

#include <string_view>
#include <vector>

#include "controller/release/story/story.hpp"

namespace signalbox::story {

enum class SpanKind { waits, sent, runs, asked };
[[nodiscard]] std::string_view to_string(SpanKind kind);

struct Span {
    StepId step;
    SpanKind kind = SpanKind::waits;
    Instant from{};
    Instant to{};  // zero: it lasts
    int attempt = 0;
    std::string why;  // of a wait: the last reason

    friend bool operator==(const Span&, const Span&) = default;
};

class Spans {
  public:
    explicit Spans(ReleaseId release) : release_(std::move(release)) {}

    void add(const sequence::TimedEvent& entry);
    // By step, in the order of the plan, and by time.
    [[nodiscard]] std::vector<Span> spans() const;
    // What happened to the release meanwhile.
    [[nodiscard]] const std::vector<Line>& marks() const { return marks_; }

  private:
    void follow(const Change& change, sequence::StepIndex step);

    ReleaseId release_;
    sequence::State state_;
    std::vector<std::vector<Span>> by_step_;  // the last one of a step may be open
    std::vector<Line> marks_;
};

}  // namespace signalbox::story
