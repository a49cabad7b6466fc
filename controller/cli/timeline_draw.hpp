// SPDX-License-Identifier: Apache-2.0
// A release over time: what is drawn, and the two ways of drawing it. Pure.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "controller/cli/terminal.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::cli {

enum class SpanKind { waits, sent, asked, runs };

struct TimelineSpan {
    SpanKind kind = SpanKind::waits;
    Instant from{}, to{};
    std::uint32_t attempt = 0;
    std::string why;
};

// One step.
struct TimelineRow {
    std::string id, kind, status, phase;
    std::string host, name;  // the name may say which host it is about; then `host` is empty
    bool undo = false;
    bool switches = false;  // traffic, or the version that runs
    std::vector<TimelineSpan> spans;
    std::string detail;
};

// "web-1 activate", at most so many columns: a long host name is cut, and the step's own name stays.
[[nodiscard]] std::string label_of(const TimelineRow& row, std::size_t most);

struct TimelineLane {
    std::string service, group;
    std::vector<TimelineRow> rows;  // forward steps, then undo steps
};

struct TimelineStage {
    std::string name;
    std::vector<TimelineLane> lanes;
    Instant barrier{};  // when everybody was prepared; zero: there is no barrier, or not yet
};

struct TimelineMark {
    Instant at{};
    std::string kind, text;
};

struct Timeline {
    std::string release_id, name, version, status;
    Instant from{}, to{};  // from < to
    bool ended = false;
    std::vector<TimelineStage> stages;
    std::vector<TimelineMark> marks;  // within [from, to]
};

// Undo steps that nobody thought of are left out. Errors: invalid_argument (a time that cannot be read).
[[nodiscard]] Result<Timeline> timeline_of(const v1::GetTimelineResponse& answer);

// One line a step, as wide as the terminal.
[[nodiscard]] std::vector<std::string> timeline_text(const Timeline& timeline, const Terminal& terminal);
// A whole SVG document that needs nothing else.
[[nodiscard]] std::string timeline_svg(const Timeline& timeline);

// Round times for the axis, at most `most` of them, and their words ("09:05", "09:05:30", "Nov 28 09:00").
struct Tick {
    Instant at{};
    std::string words;
};
[[nodiscard]] std::vector<Tick> ticks_of(Instant from, Instant to, std::size_t most);

}  // namespace signalbox::cli
