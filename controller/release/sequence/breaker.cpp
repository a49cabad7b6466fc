// SPDX-License-Identifier: Apache-2.0
#include "controller/release/sequence/breaker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "controller/release/sequence/names.hpp"

namespace signalbox::sequence {
namespace {

using std::chrono::seconds;

// A rate over more attempts than this is told by the newest ones.
constexpr std::size_t kMaxAttempts = 1000;

void open(Breaker& breaker, std::string why, Instant now) {
    breaker.status = BreakerStatus::open;
    breaker.opened = now;
    breaker.recent.clear();
    breaker.probe_release = ReleaseId();
    breaker.probe_step = StepId();
    breaker.why = std::move(why);
}

// Why the recent attempts open it; empty: they do not.
std::string verdict(const Breaker& breaker, const BreakerSpec& spec) {
    const auto failed = std::count_if(breaker.recent.begin(), breaker.recent.end(),
                                      [](const Breaker::Attempt& a) { return !a.well; });
    const auto of = static_cast<std::ptrdiff_t>(breaker.recent.size());
    const std::string window = format_duration(seconds(spec.window_s));
    if (spec.failures > 0 && failed >= spec.failures) {
        return fmt::format("{} attempts failed within {}", failed, window);
    }
    if (spec.rate_percent > 0 && of >= spec.rate_of && failed * 100 >= of * spec.rate_percent) {
        return fmt::format("{} of {} attempts failed within {}", failed, of, window);
    }
    return {};
}

}  // namespace

void note_attempt(Breaker& breaker, const BreakerSpec& spec, const ReleaseId& release, const StepId& step,
                  bool well, Instant now) {
    if (!spec.counts()) return;
    if (breaker.status == BreakerStatus::half_open) {
        if (breaker.probe_release != release || breaker.probe_step != step) return;
        if (!well) return open(breaker, fmt::format("{} was tried and failed", step.str()), now);
        breaker = Breaker{};
        breaker.why = fmt::format("closed again: {} was tried and did well", step.str());
        return;
    }
    if (breaker.status == BreakerStatus::open) return;
    breaker.recent.push_back({now, well});
    const Instant since = now - seconds(spec.window_s);
    std::erase_if(breaker.recent, [&](const Breaker::Attempt& a) { return a.at < since; });
    if (breaker.recent.size() > kMaxAttempts) breaker.recent.erase(breaker.recent.begin());
    if (std::string why = verdict(breaker, spec); !why.empty()) open(breaker, std::move(why), now);
}

void lose_probe(Breaker& breaker, Instant now) {
    open(breaker, fmt::format("{} was tried, and its outcome is not known", breaker.probe_step.str()), now);
}

void advance(Breaker& breaker, const BreakerSpec& spec, Instant now) {
    if (breaker.status != BreakerStatus::open || now < breaker.opened + seconds(spec.half_open_after_s))
        return;
    breaker.status = BreakerStatus::half_open;
}

bool lets_through(const Breaker& breaker, const BreakerSpec& spec, const ReleaseId& release,
                  const StepId& step) {
    if (!spec.counts() || breaker.status == BreakerStatus::closed) return true;
    if (breaker.status == BreakerStatus::open) return false;
    return breaker.probe_step.empty() || (breaker.probe_release == release && breaker.probe_step == step);
}

void note_start(Breaker& breaker, const ReleaseId& release, const StepId& step) {
    if (breaker.status != BreakerStatus::half_open) return;
    breaker.probe_release = release;
    breaker.probe_step = step;
}

std::optional<Instant> next_change(const Breaker& breaker, const BreakerSpec& spec) {
    if (breaker.status != BreakerStatus::open) return {};
    return breaker.opened + seconds(spec.half_open_after_s);
}

json::Json to_json(const Breaker& breaker) {
    json::Json recent = json::Json::array();
    for (const Breaker::Attempt& attempt : breaker.recent) {
        recent.push_back({{"at", to_rfc3339(attempt.at)}, {"well", attempt.well}});
    }
    return {{"status", to_string(breaker.status)},    {"recent", std::move(recent)},
            {"opened", to_rfc3339(breaker.opened)},   {"probe_release", breaker.probe_release.str()},
            {"probe_step", breaker.probe_step.str()}, {"why", breaker.why}};
}

Result<Breaker> breaker_from_json(const json::Json& value) {
    SB_TRY(auto in, json::ObjectReader::open(value, "$.breaker"));
    Breaker out;
    SB_TRY(const std::string status, in.string("status"));
    SB_TRY(out.status, parse_breaker_status(status));
    SB_TRY(const json::Json::array_t* recent, in.array("recent"));
    for (std::size_t i = 0; i < recent->size(); ++i) {
        SB_TRY(auto item, json::ObjectReader::open((*recent)[i], in.path_of("recent", i)));
        Breaker::Attempt attempt;
        SB_TRY(const std::string at, item.string("at"));
        SB_TRY(attempt.at, parse_rfc3339(at));
        SB_TRY(attempt.well, item.boolean("well"));
        SB_CHECK(item.finish());
        out.recent.push_back(attempt);
    }
    SB_TRY(const std::string opened, in.string("opened"));
    SB_TRY(out.opened, parse_rfc3339(opened));
    SB_TRY(std::string release, in.string("probe_release"));
    SB_TRY(std::string step, in.string("probe_step"));
    SB_TRY(out.why, in.string("why"));
    SB_CHECK(in.finish());
    out.probe_release = ReleaseId(std::move(release));
    out.probe_step = StepId(std::move(step));
    return out;
}

}  // namespace signalbox::sequence
