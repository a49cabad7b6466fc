// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <optional>

#include "controller/cli/exit_code.hpp"
#include "controller/cli/terminal.hpp"
#include "controller/cli/timeline_draw.hpp"

namespace signalbox::cli {
namespace {

SpanKind kind_of(const std::string& what) {
    if (what == "runs") return SpanKind::runs;
    if (what == "sent") return SpanKind::sent;
    return what == "asked" ? SpanKind::asked : SpanKind::waits;
}

void set_label(TimelineRow& row, const v1::StepInfo& step) {
    row.name = step.id();
    if (const auto slash = row.name.rfind('/'); slash != std::string::npos)
        row.name = row.name.substr(slash + 1);
    if (step.undo() && row.name.ends_with("!undo")) row.name.resize(row.name.size() - 5);
    const std::string& host = step.target().empty() ? step.host() : step.target();
    // Drains name their host themselves.
    if (row.name.find(host) == std::string::npos) row.host = host;
}

class Builder {
  public:
    explicit Builder(const v1::GetTimelineResponse& answer) : answer_(answer) {}

    Result<Timeline> build() {
        const v1::ReleaseInfo& release = answer_.release();
        out_.release_id = release.release_id();
        out_.name = release.name().empty() ? release.service() : release.name();
        out_.version = release.version();
        out_.status = release.status();
        out_.ended = release_has_ended(release.status());
        SB_TRY(now_, parse_rfc3339(answer_.now()));
        if (out_.ended && !release.finished().empty()) {
            SB_TRY(now_, parse_rfc3339(release.finished()));
        }
        SB_CHECK(read_spans());
        for (const v1::StepInfo& step : release.steps()) add(step);
        find_bounds();
        for (const v1::BarrierInfo& barrier : release.barriers()) place(barrier);
        SB_CHECK(read_marks());
        return std::move(out_);
    }

  private:
    Status read_spans() {
        for (const v1::StepSpan& span : answer_.spans()) {
            TimelineSpan one;
            one.kind = kind_of(span.what());
            one.attempt = span.attempt();
            one.why = span.why();
            SB_TRY(one.from, parse_rfc3339(span.from()));
            one.to = now_;
            if (!span.to().empty()) {
                SB_TRY(one.to, parse_rfc3339(span.to()));
            }
            one.to = std::max(one.to, one.from);
            spans_[span.step_id()].push_back(std::move(one));
        }
        return {};
    }

    void add(const v1::StepInfo& step) {
        const auto spans = spans_.find(step.id());
        if (step.undo() && spans == spans_.end()) return;
        TimelineRow row;
        row.id = step.id();
        set_label(row, step);
        row.kind = step.kind();
        row.status = step.status();
        row.phase = step.phase();
        row.undo = step.undo();
        row.switches = step.kind() == "traffic.shift" || step.kind() == "release.activate" ||
                       step.kind() == "release.revert";
        row.detail = step.detail();
        if (spans != spans_.end()) row.spans = spans->second;
        lane_of(step).rows.push_back(std::move(row));
    }

    TimelineLane& lane_of(const v1::StepInfo& step) {
        auto stage = std::find_if(out_.stages.begin(), out_.stages.end(),
                                  [&](const TimelineStage& s) { return s.name == step.environment(); });
        if (stage == out_.stages.end())
            stage = out_.stages.insert(out_.stages.end(), {step.environment(), {}, {}});
        auto lane = std::find_if(stage->lanes.begin(), stage->lanes.end(), [&](const TimelineLane& l) {
            return l.service == step.service() && l.group == step.group();
        });
        if (lane == stage->lanes.end())
            lane = stage->lanes.insert(stage->lanes.end(), {step.service(), step.group(), {}});
        return *lane;
    }

    void find_bounds() {
        std::optional<Instant> from;
        Instant to = now_;
        for (const auto& [id, spans] : spans_) {
            for (const TimelineSpan& span : spans) {
                from = std::min(from.value_or(span.from), span.from);
                to = std::max(to, span.to);
            }
        }
        out_.from = from.value_or(now_);
        out_.to = std::max(to, Instant(out_.from + std::chrono::seconds(1)));
    }

    // Everybody is prepared when the last prepare step of its groups is over.
    void place(const v1::BarrierInfo& barrier) {
        for (TimelineStage& stage : out_.stages) {
            if (stage.name != barrier.environment()) continue;
            Instant at{};
            for (const TimelineLane& lane : stage.lanes) {
                const auto& groups = barrier.groups();
                if (std::find(groups.begin(), groups.end(), lane.group) == groups.end()) continue;
                for (const TimelineRow& row : lane.rows) {
                    if (row.undo || row.phase != "prepare") continue;
                    if (row.status != "succeeded" && row.status != "skipped") return;
                    if (!row.spans.empty()) at = std::max(at, row.spans.back().to);
                }
            }
            stage.barrier = at;
        }
    }

    Status read_marks() {
        for (const v1::StoryLine& line : answer_.marks()) {
            SB_TRY(const Instant at, parse_rfc3339(line.at()));
            if (at < out_.from || at > out_.to) continue;
            out_.marks.push_back({at, line.kind(), line.text()});
        }
        return {};
    }

    const v1::GetTimelineResponse& answer_;
    Timeline out_;
    Instant now_{};
    std::map<std::string, std::vector<TimelineSpan>> spans_;
};

}  // namespace

std::string label_of(const TimelineRow& row, std::size_t most) {
    const std::string name = safe(row.name);
    if (row.host.empty()) return fit(name, most);
    const std::size_t taken = columns(name) + 1;
    const std::string host = fit(safe(row.host), most > taken + 4 ? most - taken : 4);
    return fit(host + " " + name, most);
}

Result<Timeline> timeline_of(const v1::GetTimelineResponse& answer) {
    return Builder(answer).build();
}

}  // namespace signalbox::cli
