// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "controller/cli/line.hpp"
#include "controller/cli/release_render.hpp"
#include "controller/cli/timeline_draw.hpp"
#include "controller/cli/words.hpp"

namespace signalbox::cli {
namespace {

constexpr std::size_t kWhole = 1000;

struct Look {
    std::string symbol;
    Tone tone = Tone::plain;
};

class Drawer {
  public:
    Drawer(const Timeline& timeline, const Terminal& terminal) : timeline_(timeline), terminal_(terminal) {
        std::size_t longest = 4;
        for (const TimelineStage& stage : timeline.stages) {
            for (const TimelineLane& lane : stage.lanes) {
                for (const TimelineRow& row : lane.rows)
                    longest = std::max(longest, columns(label(row, kWhole)) + 6);
            }
        }
        label_ = std::min(longest, std::max<std::size_t>(terminal.width * 2 / 5, 16));
        width_ = terminal.width > label_ + 20 ? terminal.width - label_ - 1 : 20;
    }

    std::vector<std::string> draw() {
        Line head(terminal_);
        head.add(timeline_.release_id, Tone::strong).add("  ");
        head.add(timeline_.status, tone_of_release(timeline_.status));
        head.add(fmt::format("  {} to {}, {}",
                             to_rfc3339(std::chrono::floor<std::chrono::seconds>(timeline_.from)),
                             to_rfc3339(std::chrono::floor<std::chrono::seconds>(timeline_.to)),
                             elapsed(timeline_.to - timeline_.from)));
        out_.push_back(head.text());
        axis();
        for (const TimelineStage& stage : timeline_.stages) draw(stage);
        axis();
        legend();
        return std::move(out_);
    }

  private:
    [[nodiscard]] static std::string label(const TimelineRow& row, std::size_t most) {
        return row.undo ? "undo " + label_of(row, most > 5 ? most - 5 : 1) : label_of(row, most);
    }
    [[nodiscard]] std::size_t cell(Instant at) const {
        const double share = std::chrono::duration<double>(at - timeline_.from).count() /
                             std::chrono::duration<double>(timeline_.to - timeline_.from).count();
        const auto n = static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(width_));
        return std::min(n, width_ - 1);
    }
    [[nodiscard]] Look look(SpanKind kind, bool undo) const {
        const bool u = terminal_.unicode;
        switch (kind) {
            case SpanKind::runs:
                return undo ? Look{u ? "▓" : "u", Tone::warning} : Look{u ? "█" : "#", Tone::good};
            case SpanKind::sent:
                return {u ? "▒" : "-", Tone::plain};
            case SpanKind::asked:
                return {"?", Tone::bad};
            case SpanKind::waits:
                return {u ? "·" : ".", Tone::dim};
        }
        return {};
    }

    void axis() {
        std::string words;
        for (const Tick& tick :
             ticks_of(timeline_.from, timeline_.to, std::max<std::size_t>(width_ / 12, 2))) {
            const std::size_t at = cell(tick.at);
            if (at < words.size() + (words.empty() ? 0 : 1) || at + tick.words.size() + 1 > width_) continue;
            words += std::string(at - words.size(), ' ') + "|" + tick.words;
        }
        out_.push_back(
            Line(terminal_).to_column(0).add(std::string(label_ + 1, ' ')).add(words, Tone::dim).text());
    }

    void draw(const TimelineStage& stage) {
        Line head(terminal_);
        head.add(stage.name, Tone::strong);
        if (stage.barrier != Instant{}) {
            head.add(fmt::format("  barrier {}: everybody was prepared at {}", terminal_.unicode ? "┃" : "|",
                                 to_rfc3339(std::chrono::floor<std::chrono::seconds>(stage.barrier))),
                     Tone::dim);
        }
        out_.push_back(head.text());
        for (const TimelineLane& lane : stage.lanes) {
            out_.push_back(Line(terminal_).add(fmt::format("  {} on {}", lane.service, lane.group)).text());
            for (const TimelineRow& row : lane.rows) draw(stage, row);
        }
    }

    void draw(const TimelineStage& stage, const TimelineRow& row) {
        std::vector<Look> cells(width_, Look{" ", Tone::plain});
        if (stage.barrier != Instant{})
            cells[cell(stage.barrier)] = {terminal_.unicode ? "┃" : "|", Tone::strong};
        // What is worth more to know is drawn over the rest.
        for (const SpanKind kind : {SpanKind::waits, SpanKind::sent, SpanKind::asked, SpanKind::runs}) {
            for (const TimelineSpan& span : row.spans) {
                if (span.kind != kind) continue;
                const std::size_t last = cell(span.to);
                for (std::size_t i = cell(span.from); i <= last; ++i) cells[i] = look(kind, row.undo);
            }
        }
        const bool ran = !row.spans.empty();
        if (ran && row.status == "succeeded" && row.switches)
            cells[cell(row.spans.back().to)] = {terminal_.unicode ? "◆" : "*",
                                                row.undo ? Tone::warning : Tone::strong};
        if (ran && row.status == "failed")
            cells[cell(row.spans.back().to)] = {terminal_.unicode ? "✗" : "x", Tone::bad};
        const StatusLook status = look_of_step(row.status, terminal_);
        Line line(terminal_);
        line.add("  ").add(status.symbol, status.tone).add(" ");
        line.add(label(row, label_ - 5), row.undo ? Tone::warning : Tone::plain).to_column(label_ + 1);
        paint_cells(line, cells);
        std::string text = line.text();
        if (!terminal_.color) text.erase(text.find_last_not_of(' ') + 1);
        out_.push_back(std::move(text));
    }

    // Runs of one tone at once, so that the text stays short.
    static void paint_cells(Line& line, const std::vector<Look>& cells) {
        std::string run;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            run += cells[i].symbol;
            if (i + 1 < cells.size() && cells[i + 1].tone == cells[i].tone) continue;
            line.add(run, cells[i].tone);
            run.clear();
        }
    }

    void legend() {
        Line line(terminal_);
        const auto item = [&](const Look& look, std::string_view words) {
            line.add(look.symbol, look.tone).add(" ").add(words, Tone::dim).add("   ");
        };
        item(look(SpanKind::waits, false), "waits");
        item(look(SpanKind::sent, false), "with its host");
        item(look(SpanKind::runs, false), "runs");
        item(look(SpanKind::runs, true), "is taken back");
        item(look(SpanKind::asked, false), "not known");
        item({terminal_.unicode ? "◆" : "*", Tone::strong}, "switched");
        item({terminal_.unicode ? "✗" : "x", Tone::bad}, "failed");
        std::string text = line.text();
        if (!terminal_.color) text.erase(text.find_last_not_of(' ') + 1);
        out_.push_back(std::move(text));
    }

    const Timeline& timeline_;
    const Terminal& terminal_;
    std::size_t label_ = 0;
    std::size_t width_ = 0;
    std::vector<std::string> out_;
};

}  // namespace

std::vector<std::string> timeline_text(const Timeline& timeline, const Terminal& terminal) {
    return Drawer(timeline, terminal).draw();
}

}  // namespace signalbox::cli
