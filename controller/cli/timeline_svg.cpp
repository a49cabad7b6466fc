// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "controller/cli/timeline_draw.hpp"
#include "controller/cli/words.hpp"

namespace signalbox::cli {
namespace {

constexpr double kWidth = 1280;
constexpr double kMargin = 24;
constexpr double kRow = 20;
constexpr double kBar = 12;
// More than these make no picture.
constexpr std::size_t kMostRows = 2000;
constexpr std::size_t kMostMarks = 30;
constexpr std::size_t kMostWords = 150;
constexpr std::size_t kWhole = 1000;

constexpr std::string_view kStyle =
    "text{font:12px system-ui,'DejaVu Sans',sans-serif;fill:#1f2937}"
    ".title{font-size:19px;font-weight:600}.sub,.tick{fill:#5b6675}.tick{font-size:11px}"
    ".stage{font-size:13px;font-weight:600}.lane{fill:#5b6675;font-weight:600;font-size:11px}"
    ".undo{fill:#6d3fb0}.never{fill:#9aa3af}.grid{stroke:#e5e9ef;stroke-width:1}"
    ".waits{fill:#c6cdd8}.sent{fill:#8fb0e6}.runs{fill:#2f8f5b}.back{fill:#8a5cd0}.failed{fill:#cf3f35}"
    ".asked{fill:#e59a2e}.now{fill:#e0b341}.switch{fill:#0f3d66;stroke:#fff;stroke-width:1.5}"
    ".switchback{fill:#6d3fb0;stroke:#fff;stroke-width:1.5}"
    ".barrier{stroke:#0f3d66;stroke-width:2;stroke-dasharray:5 3}"
    ".mark{fill:#fff;stroke:#5b6675}.number{font-size:9px;text-anchor:middle}";

// Text that came from anybody: it can end no element and steer no terminal; what XML cannot hold is shown.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : safe(text)) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

std::string second_of(Instant at) {
    return to_rfc3339(std::chrono::floor<std::chrono::seconds>(at));
}

class Drawer {
  public:
    explicit Drawer(const Timeline& timeline) : timeline_(timeline) {
        std::size_t longest = 8;
        for (const TimelineStage& stage : timeline.stages) {
            for (const TimelineLane& lane : stage.lanes) {
                for (const TimelineRow& row : lane.rows)
                    longest = std::max(longest, columns(label_of(row, kWhole)));
            }
        }
        left_ = std::clamp(static_cast<double>(longest) * 7.2 + 60, 180.0, 420.0);
        label_columns_ = static_cast<std::size_t>((left_ - 56) / 7);
    }

    std::string draw() {
        title();
        const double top = y_;
        y_ += 34;
        const double grid_top = y_;
        for (const TimelineStage& stage : timeline_.stages) draw(stage);
        grid(top, grid_top, y_);
        if (hidden_ > 0) line_of(fmt::format("and {} more steps", hidden_), "sub");
        legend();
        marks(top + 26);
        const double height = y_ + kMargin;
        return fmt::format(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" "
            "width=\"{0:.0f}\" "
            "height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} {1:.0f}\" "
            "role=\"img\">\n<title>{2}</title>\n<style>{3}</style>\n"
            "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{4}{5}</svg>\n",
            kWidth, height, escaped("Timeline of " + timeline_.release_id), kStyle, under_, over_);
    }

  private:
    template <class... T>
    void put(fmt::format_string<T...> text, T&&... values) {
        fmt::format_to(std::back_inserter(over_), text, std::forward<T>(values)...);
        over_ += '\n';
    }
    [[nodiscard]] double x(Instant at) const {
        const double share = std::chrono::duration<double>(at - timeline_.from).count() /
                             std::chrono::duration<double>(timeline_.to - timeline_.from).count();
        return left_ + std::clamp(share, 0.0, 1.0) * (kWidth - left_ - kMargin);
    }
    void text(double x_at, double y_at, std::string_view style, std::string_view words) {
        put("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"{}\">{}</text>", x_at, y_at, style, escaped(words));
    }
    void line_of(std::string_view words, std::string_view style) {
        y_ += 18;
        text(kMargin, y_, style, words);
    }

    void title() {
        y_ = kMargin + 16;
        text(kMargin, y_, "title",
             fmt::format("{} {}: {}", timeline_.name, timeline_.version, status_words()));
        line_of(fmt::format("{}, from {} to {} ({}), times in UTC", timeline_.release_id,
                            second_of(timeline_.from), second_of(timeline_.to),
                            elapsed(timeline_.to - timeline_.from)),
                "sub");
        y_ += 14;
    }

    [[nodiscard]] std::string status_words() const {
        return timeline_.status == "undone_partly" ? "undone, but not everywhere" : timeline_.status;
    }

    void grid(double top, double grid_top, double bottom) {
        for (const Tick& tick : ticks_of(timeline_.from, timeline_.to, 12)) {
            const double at = x(tick.at);
            fmt::format_to(
                std::back_inserter(under_),
                "<line class=\"grid\" x1=\"{0:.1f}\" y1=\"{1:.1f}\" x2=\"{0:.1f}\" y2=\"{2:.1f}\"/>\n", at,
                grid_top - 2, bottom);
            if (at < kWidth - kMargin - 20)
                put("<text class=\"tick\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>", at,
                    top + 10, escaped(tick.words));
        }
    }

    void draw(const TimelineStage& stage) {
        fmt::format_to(
            std::back_inserter(under_),
            "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"24\" rx=\"4\" fill=\"#eef2f7\"/>\n",
            kMargin - 8, y_, kWidth - 2 * kMargin + 16);
        text(kMargin, y_ + 16, "stage", stage.name);
        y_ += 30;
        const double rows_top = y_;
        for (const TimelineLane& lane : stage.lanes) {
            if (rows_ >= kMostRows) {
                hidden_ += lane.rows.size();
                continue;
            }
            text(kMargin, y_ + 11, "lane", fmt::format("{} on {}", lane.service, lane.group));
            y_ += 18;
            for (const TimelineRow& row : lane.rows) {
                if (rows_ >= kMostRows) {
                    ++hidden_;
                    continue;
                }
                ++rows_;
                draw(row);
            }
            y_ += 4;
        }
        if (stage.barrier != Instant{}) {
            const double at = x(stage.barrier);
            put("<g><title>{}</title><line class=\"barrier\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" "
                "y2=\"{:.1f}\"/></g>",
                escaped("barrier: everybody was prepared at " + second_of(stage.barrier)), at, rows_top, at,
                y_);
            const bool right = at < kWidth - 120;
            put("<text class=\"tick\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">barrier</text>",
                right ? at + 5 : at - 5, rows_top + 9, right ? "start" : "end");
        }
        y_ += 8;
    }

    void draw(const TimelineRow& row) {
        const bool never = row.spans.empty();
        std::string label = label_of(row, label_columns_);
        if (row.undo) label = "\u21a9 " + label;
        put("<g><title>{}</title>",
            escaped(row.id + ": " + row.status + (row.detail.empty() ? "" : ", " + row.detail)));
        text(kMargin + 16, y_ + 14, row.undo ? "undo" : (never ? "never" : "step"), label);
        put("</g>");
        for (const SpanKind kind : {SpanKind::waits, SpanKind::sent, SpanKind::asked, SpanKind::runs}) {
            for (const TimelineSpan& span : row.spans) {
                if (span.kind == kind) draw(row, span);
            }
        }
        if (!never && row.switches && row.status == "succeeded") {
            const double at = x(row.spans.back().to);
            const double middle = y_ + kRow / 2;
            put("<path class=\"{}\" d=\"M{:.1f} {:.1f}l6 6l-6 6l-6 -6z\"/>",
                row.undo ? "switchback" : "switch", at, middle - 6);
        }
        y_ += kRow;
    }

    [[nodiscard]] std::string_view style_of(const TimelineRow& row, const TimelineSpan& span) const {
        if (span.kind == SpanKind::waits) return "waits";
        if (span.kind == SpanKind::sent) return "sent";
        if (span.kind == SpanKind::asked) return "asked";
        const bool last = &span == &row.spans.back();
        if (last && row.status == "running") return row.undo ? "back" : "now";
        if (!last || row.status != "succeeded") return "failed";
        return row.undo ? "back" : "runs";
    }

    void draw(const TimelineRow& row, const TimelineSpan& span) {
        const double from = x(span.from);
        const double width = std::max(x(span.to) - from, 1.5);
        const bool thin = span.kind == SpanKind::waits;
        const double height = thin ? 4 : kBar;
        std::string words = fmt::format("{}: {} from {} for {}", row.id, words_of(span.kind),
                                        second_of(span.from), elapsed(span.to - span.from));
        if (span.attempt > 1) words += fmt::format(", attempt {}", span.attempt);
        if (!span.why.empty()) words += ": " + span.why;
        put("<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.0f}\" "
            "rx=\"{}\"><title>{}</title></rect>",
            style_of(row, span), from, y_ + (kRow - height) / 2, width, height, thin ? 2 : 3, escaped(words));
    }

    static std::string_view words_of(SpanKind kind) {
        switch (kind) {
            case SpanKind::waits:
                return "waited";
            case SpanKind::sent:
                return "was with its host";
            case SpanKind::asked:
                return "was asked for";
            case SpanKind::runs:
                return "ran";
        }
        return {};
    }

    void legend() {
        y_ += 12;
        double at = kMargin;
        const auto item = [&](std::string_view style, std::string_view words) {
            const bool thin = style == "waits";
            put("<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"22\" height=\"{}\" rx=\"2\"/>", style,
                at, thin ? y_ + 4 : y_, thin ? 4 : 12);
            text(at + 28, y_ + 11, "sub", words);
            at += 46 + 7.0 * static_cast<double>(words.size());
        };
        item("waits", "waits");
        item("sent", "with its host");
        item("runs", "runs");
        if (!timeline_.ended) item("now", "runs now");
        item("failed", "an attempt that failed");
        item("back", "is taken back");
        item("asked", "not known");
        put("<path class=\"switch\" d=\"M{:.1f} {:.1f}l6 6l-6 6l-6 -6z\"/>", at + 8, y_);
        text(at + 20, y_ + 11, "sub", "switched");
        y_ += 20;
    }

    // Numbered on the axis, told below.
    void marks(double axis) {
        std::size_t number = 0;
        double last = -100;
        double lift = 0;
        for (const TimelineMark& mark : timeline_.marks) {
            if (++number > kMostMarks) {
                line_of(fmt::format("and {} more: signalbox release explain {}",
                                    timeline_.marks.size() - kMostMarks, timeline_.release_id),
                        "sub");
                return;
            }
            const double at = x(mark.at);
            // Those at the same time stand beside each other.
            lift = at - last < 15 ? lift + 15 : 0;
            if (lift == 0) last = at;
            const double shown = std::min(last + lift, kWidth - 8);
            put("<circle class=\"mark\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"7\"/><text class=\"number\" "
                "x=\"{:.1f}\" "
                "y=\"{:.1f}\">{}</text>",
                shown, axis - 3, shown, axis, number);
            line_of(fmt::format("{}.  {}  {}", number, second_of(mark.at).substr(11, 8),
                                fit(safe(mark.text), kMostWords)),
                    "sub");
        }
    }

    const Timeline& timeline_;
    double left_ = 0;
    double y_ = 0;
    std::size_t label_columns_ = 0;
    std::size_t rows_ = 0;
    std::size_t hidden_ = 0;
    std::string under_;
    std::string over_;
};

}  // namespace

std::string timeline_svg(const Timeline& timeline) {
    return Drawer(timeline).draw();
}

}  // namespace signalbox::cli
