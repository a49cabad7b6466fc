// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "controller/cli/exit_code.hpp"
#include "controller/cli/words.hpp"

namespace signalbox::cli {
namespace {

using Seconds = std::chrono::duration<double>;
constexpr std::size_t kBarWidth = 24;

bool is_over(const v1::StepInfo& step) {
    return step.status() == "succeeded" || step.status() == "failed" || step.status() == "skipped";
}

// Of what has ended otherwise than well, only what went well is done: no full bar for half a release.
bool is_done(const v1::ReleaseInfo& release, const v1::StepInfo& step) {
    return step.status() == "succeeded" ||
           (step.status() == "failed" && !release_has_ended(release.status()));
}

bool is_under_way(const v1::StepInfo& step) {
    return step.status() == "running" || step.status() == "dispatched" || step.status() == "unknown";
}

double seconds_until(const std::string& rfc3339, Instant now) {
    const auto when = parse_rfc3339(rfc3339);
    return when ? std::max(std::chrono::duration_cast<Seconds>(*when - now).count(), 0.0) : 0.0;
}

// Mean time of the steps of one kind that are over.
std::map<std::string, double> known_times(const v1::ReleaseInfo& release, Instant now) {
    std::map<std::string, std::pair<double, int>> sums;
    for (const v1::StepInfo& step : release.steps()) {
        const auto spent = elapsed_of(step, now);
        if (step.status() != "succeeded" || !spent) continue;
        auto& sum = sums[step.kind()];
        sum.first += std::chrono::duration_cast<Seconds>(*spent).count();
        ++sum.second;
    }
    std::map<std::string, double> means;
    for (const auto& [kind, sum] : sums) means[kind] = sum.first / sum.second;
    return means;
}

}  // namespace

std::optional<Duration> elapsed_of(const v1::StepInfo& step, Instant now) {
    if (step.started().empty()) return std::nullopt;
    const auto from = parse_rfc3339(step.started());
    if (!from) return std::nullopt;
    Instant to = now;
    if (!step.finished().empty()) {
        const auto finished = parse_rfc3339(step.finished());
        if (!finished) return std::nullopt;
        to = *finished;
    }
    return std::max(to - *from, Duration{0});
}

bool was_left_out(const v1::ReleaseInfo& release, const v1::StepInfo& step) {
    return std::any_of(release.left_out().begin(), release.left_out().end(), [&](const auto& host) {
        return host.host() == step.host() && (host.service().empty() || host.service() == step.service());
    });
}

Progress progress_of(const v1::ReleaseInfo& release, Instant now) {
    const bool undoing =
        release.status() == "undoing" || release.status() == "undone" || release.status() == "undone_partly";
    const std::map<std::string, double> known = known_times(release, now);
    Progress progress;
    double left = 0;
    double steps_done = 0;  // the steps under way by their share
    int under_way = 0;
    double pause = 0;  // as planned: a canary is watched, the old colour is kept
    for (const v1::StepInfo& step : release.steps()) {
        if (step.undo() != undoing) continue;
        const bool left_out = !undoing && was_left_out(release, step);
        if (step.status() == "skipped" && (undoing || left_out)) continue;  // nobody waits for it
        ++progress.total;
        const auto mean = known.find(step.kind());
        const double whole =
            std::max(mean != known.end() ? mean->second : static_cast<double>(step.deadline_s()), 0.001);
        if (is_over(step)) {
            if (!is_done(release, step)) continue;
            ++progress.done;
            ++steps_done;
            continue;
        }
        double spent = 0;
        if (is_under_way(step)) {
            ++under_way;
            const auto since = elapsed_of(step, now);
            if (since) spent = std::chrono::duration_cast<Seconds>(*since).count();
        }
        left += std::max(whole - spent, whole * 0.05);
        if (step.status() == "ready") pause = std::max(pause, seconds_until(step.not_before(), now));
        steps_done += std::min(spent / whole, 0.95);
        if (mean == known.end()) progress.at_most = true;
    }
    if (progress.total > 0)
        progress.fraction = std::clamp(steps_done / static_cast<double>(progress.total), 0.0, 1.0);
    if (progress.total == 0 || release_has_ended(release.status())) return progress;
    const bool moves =
        (under_way > 0 || pause > 0) && (release.status() == "running" || release.status() == "undoing");
    const double all = std::max(left / std::max(under_way, 1), pause);
    // Below a second it is a step that takes longer than those like it did: nobody knows how much longer.
    if (moves && all >= 1) progress.left = std::chrono::duration_cast<Duration>(Seconds(all));
    return progress;
}

std::string bar(double fraction, std::size_t width, const Terminal& terminal) {
    const double share = std::clamp(std::isfinite(fraction) ? fraction : 0.0, 0.0, 1.0);
    const auto full = static_cast<std::size_t>(share * static_cast<double>(width));
    std::string out = "[";
    for (std::size_t i = 0; i < width; ++i) {
        if (terminal.unicode) {
            out += i < full ? "█" : "░";
        } else {
            out += i < full ? '#' : '.';
        }
    }
    return out + "]";
}

std::string progress_text(const Progress& progress, const Terminal& terminal) {
    std::string text = fmt::format("{} {} of {}", bar(progress.fraction, kBarWidth, terminal), progress.done,
                                   counted(progress.total, "step"));
    if (progress.left)
        text += fmt::format("  {} {} left", progress.at_most ? "at most" : "about", elapsed(*progress.left));
    return text;
}

std::string transfer_text(std::uint64_t done, std::uint64_t total, std::uint64_t done_before, Duration spent,
                          const Terminal& terminal) {
    const double share = total == 0 ? 1.0 : static_cast<double>(done) / static_cast<double>(total);
    std::string text =
        fmt::format("{} {} of {}", bar(share, kBarWidth, terminal), byte_size(done), byte_size(total));
    const double seconds = std::chrono::duration_cast<Seconds>(spent).count();
    if (seconds < 0.5 || done <= done_before) return text;
    const double rate = static_cast<double>(done - done_before) / seconds;
    text += fmt::format("  {}/s", byte_size(static_cast<std::uint64_t>(rate)));
    if (done < total) {
        const Seconds left(static_cast<double>(total - done) / rate);
        text += fmt::format("  {} left", elapsed(std::chrono::duration_cast<Duration>(left)));
    }
    return text;
}

}  // namespace signalbox::cli
