// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "controller/release/sequence/throttle.hpp"
#include "controller/release/story/news.hpp"
#include "controller/release/story/refusals.hpp"

namespace signalbox::story {
namespace {

using sequence::StepStatus;

// One step before and after an entry.
struct Turn {
    const Change& change;
    const sequence::StepSpec& spec;
    const sequence::StepState& before;
    const sequence::StepState& after;
    bool named;  // the entry is about this very step

    [[nodiscard]] Instant at() const { return change.entry.at; }
    [[nodiscard]] bool became(StepStatus status) const {
        return before.status != status && after.status == status;
    }
    template <class E>
    [[nodiscard]] const E* event() const {
        return named ? std::get_if<E>(&change.entry.event) : nullptr;
    }
    // "attempt 2 of 3"
    [[nodiscard]] std::string attempt() const {
        return fmt::format("attempt {} of {}", after.attempt, spec.max_attempts);
    }
    [[nodiscard]] std::string again() const {
        if (after.not_before <= at()) return "it is tried again at once";
        return "it is tried again at " + when_text(after.not_before, at());
    }
};

using News = std::optional<std::pair<LineKind, std::string>>;

// How full each scope was once this token was out.
std::string fill_of(const sequence::TokenMinted& minted, const Change& change) {
    const sequence::Usage usage(change.all, change.entry.at);
    std::string out;
    for (const auto& [scope, limit] : minted.scopes) {
        if (limit == 0) continue;
        out += fmt::format("{}{} {} of {}", out.empty() ? "; in flight then: " : ", ", scope,
                           usage.in_use(scope), limit);
    }
    return out;
}

News minted(const Turn& turn) {
    const auto* event = turn.event<sequence::TokenMinted>();
    if (event == nullptr || !turn.after.sent || turn.before.sent) return {};
    return {{LineKind::minted,
             fmt::format("{} for {}, good until {}{}",
                         event->again ? "its token was sent again" : "its token was made", turn.attempt(),
                         when_text(event->expires, turn.at()), fill_of(*event, turn.change))}};
}

std::string after_refusal(const Turn& turn) {
    if (turn.after.status == StepStatus::failed) return "that is final";
    if (turn.after.asking) return "the host is asked what became of it";
    if (turn.after.fresh_token) return "another token is made for the same attempt";
    return turn.again();
}

News answered(const Turn& turn) {
    const auto* event = turn.event<sequence::ExecuteAnswered>();
    if (event == nullptr) return {};
    const std::string detail = event->detail.empty() ? "" : " (" + event->detail + ")";
    if (event->answer == sequence::Answer::refused) {
        const std::string_view meaning = meaning_of(event->code);
        return {{LineKind::refused,
                 fmt::format("{} refused it: {}{}{}{}; {}", turn.spec.host, event->code,
                             meaning.empty() ? "" : ", ", meaning, detail, after_refusal(turn))}};
    }
    if (event->answer == sequence::Answer::unavailable) {
        return {{LineKind::refused,
                 fmt::format("the order did not get through{}; {}", detail, after_refusal(turn))}};
    }
    if (!turn.became(StepStatus::running)) return {};
    return {{LineKind::attempt,
             fmt::format("{} verified the token and began {}", turn.spec.host, turn.attempt())}};
}

News queried(const Turn& turn) {
    const auto* event = turn.event<sequence::QueryAnswered>();
    if (event == nullptr || turn.before == turn.after) return {};
    switch (event->found) {
        case sequence::Found::never:
            return {{LineKind::asked, turn.spec.host + " says that it never ran" +
                                          (event->token_dead ? ", and that its token is dead" : "")}};
        case sequence::Found::running:
            return {{LineKind::asked, turn.spec.host + " says that it runs"}};
        case sequence::Found::done:
            return {{turn.after.status == StepStatus::succeeded ? LineKind::done : LineKind::asked,
                     fmt::format("{} says that it is over: {}", turn.spec.host, event->code)}};
        case sequence::Found::unavailable:
            break;
    }
    return {};
}

News reported(const Turn& turn) {
    const auto* event = turn.event<sequence::StepReported>();
    if (event == nullptr || turn.before == turn.after) return {};
    if (event->report == sequence::Report::started) {
        if (!turn.became(StepStatus::running)) return {};
        return {{LineKind::attempt,
                 fmt::format("{} verified the token and began {}", turn.spec.host, turn.attempt())}};
    }
    const bool ran = turn.after.started != Instant{};
    const std::string took = ran ? " after " + span_text(turn.at() - turn.after.started) : "";
    if (turn.after.status == StepStatus::succeeded) {
        return {{LineKind::done, fmt::format("{} succeeded{}", turn.attempt(), took)}};
    }
    const std::string code = event->report == sequence::Report::interrupted ? "interrupted" : event->code;
    const std::string how = event->detail.empty() ? code : code + ": " + event->detail;
    if (turn.after.status == StepStatus::ready) {
        return {{LineKind::attempt,
                 fmt::format("{} ended with {}{}; {}", turn.attempt(), how, took, turn.again())}};
    }
    const bool used_up = turn.after.attempt >= turn.spec.max_attempts;
    return {{LineKind::failed, fmt::format("{} ended with {}{}; {}", turn.attempt(), how, took,
                                           used_up ? "no attempt is left" : "it is not tried again")}};
}

// The entry is about this step.
News told_directly(const Turn& turn) {
    if (!turn.named) return {};
    if (auto news = minted(turn)) return news;
    if (auto news = answered(turn)) return news;
    if (auto news = queried(turn)) return news;
    return reported(turn);
}

std::string why_ready(const Turn& turn) {
    if (!turn.spec.undo_of.empty()) return "to be taken back: " + turn.spec.undo_of.str() + " had run";
    if (turn.spec.needs.empty() && turn.spec.after.empty()) {
        return "ready: its environment was opened, and it waits for no other step";
    }
    const sequence::StepIndex cause = step_of(turn.change.entry.event, turn.change.after);
    if (cause == sequence::kNone) return "ready: everything that it waits for is over";
    return fmt::format("ready: the last that it waited for, {}, is over",
                       (*turn.change.after.index)[cause].spec->id.str());
}

// Something else moved it.
News moved(const Turn& turn) {
    const auto& [change, spec, before, after, named] = turn;
    if (before.status == StepStatus::pending && after.status != StepStatus::pending &&
        after.status != StepStatus::skipped) {
        std::string text = why_ready(turn);
        if (after.not_before > turn.at())
            text += "; as planned it starts not before " + when_text(after.not_before, turn.at());
        return {{LineKind::ready, text}};
    }
    if (turn.became(StepStatus::skipped)) {
        const std::string why = after.detail.empty() ? "the release does not go on" : after.detail;
        const std::string& reason = change.after.reason;
        return {{LineKind::skipped,
                 "will not run: " + why + (after.detail.empty() && !reason.empty() ? ": " + reason : "")}};
    }
    if (turn.became(StepStatus::unknown)) {
        return {{LineKind::failed, "its outcome is unknown: " + after.detail}};
    }
    if (turn.became(StepStatus::failed)) return {{LineKind::failed, "failed: " + after.detail}};
    if (turn.became(StepStatus::pending)) return {{LineKind::ready, "may have to be taken back after all"}};
    if (!before.asking && after.asking) {
        return {{LineKind::asked, spec.host + " is asked what became of it"}};
    }
    if (before.status == StepStatus::dispatched && after.status == StepStatus::ready) {
        const bool restart = std::holds_alternative<sequence::ControllerStarted>(change.entry.event);
        return {{LineKind::refused, restart ? "the controller was restarted before its order was sent"
                                            : spec.host + " went away before its order was sent"}};
    }
    return {};
}

}  // namespace

std::optional<Line> step_news(const Change& change, sequence::StepIndex i) {
    const sequence::Index::Entry& entry = (*change.after.index)[i];
    const Turn turn{change, *entry.spec, change.before->steps[i], change.after.steps[i],
                    step_of(change.entry.event, change.after) == i};
    News news = told_directly(turn);
    if (!news && !(turn.before == turn.after)) news = moved(turn);
    if (!news) return {};
    return Line{change.entry.at, change.after.spec->stages[entry.stage].name, entry.spec->id, news->first,
                std::move(news->second)};
}

bool matters_to_release(const Line& line, const sequence::StepSpec& step) {
    switch (line.kind) {
        case LineKind::failed:
            return true;
        case LineKind::refused:
            return line.text.find(" refused it: ") != std::string::npos;
        case LineKind::done:
            return step.kind == "traffic.shift" && step.target.empty();
        default:
            return false;
    }
}

sequence::StepIndex step_of(const sequence::Event& event, const sequence::ReleaseState& release) {
    return std::visit(
        [&](const auto& e) -> sequence::StepIndex {
            if constexpr (requires { e.step, e.release; }) {
                return e.release == release.spec->id ? release.index->find(e.step) : sequence::kNone;
            } else {
                return sequence::kNone;
            }
        },
        event);
}

}  // namespace signalbox::story
