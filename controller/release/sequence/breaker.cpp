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
    release_probe(breaker);
    breaker.why = std::move(why);
}

void close(Breaker& breaker, std::string why) {
    breaker = Breaker{};
    breaker.why = "closed again: " + std::move(why);
}

void must_prove(Breaker& breaker, const std::string& kind) {
    std::vector<std::string>& kinds = breaker.to_prove;
    const auto at = std::lower_bound(kinds.begin(), kinds.end(), kind);
    if (at == kinds.end() || *at != kind) kinds.insert(at, kind);
}

std::string named(const std::vector<std::string>& kinds) {
    std::string out;
    for (const std::string& kind : kinds) out += (out.empty() ? "" : " and ") + kind;
    return out;
}

void note_trial(Breaker& breaker, const Tried& tried, Instant now) {
    if (breaker.probe_release != tried.release || breaker.probe_host != host_of(tried.step)) return;
    const std::string what = fmt::format("{} on {}", tried.step.id.str(), breaker.probe_host);
    if (!tried.well) {
        must_prove(breaker, tried.step.kind);
        return open(breaker, what + " was tried and failed", now);
    }
    const bool proves = std::erase(breaker.to_prove, tried.step.kind) > 0;
    if (proves && breaker.to_prove.empty()) {
        return close(breaker, fmt::format("{} did well, and {} is what had failed", what, tried.step.kind));
    }
    if (tried.whole) return close(breaker, breaker.probe_host + " went through all of its steps");
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

void note_attempt(Breaker& breaker, const BreakerSpec& spec, const Tried& tried, Instant now) {
    if (!spec.counts() || breaker.status == BreakerStatus::open) return;
    if (breaker.status == BreakerStatus::half_open) return note_trial(breaker, tried, now);
    breaker.recent.push_back({now, tried.well, tried.step.kind});
    const Instant since = now - seconds(spec.window_s);
    std::erase_if(breaker.recent, [&](const Breaker::Attempt& a) { return a.at < since; });
    if (breaker.recent.size() > kMaxAttempts) breaker.recent.erase(breaker.recent.begin());
    std::string why = verdict(breaker, spec);
    if (why.empty()) return;
    breaker.to_prove.clear();
    for (const Breaker::Attempt& attempt : breaker.recent) {
        if (!attempt.well && !attempt.kind.empty()) must_prove(breaker, attempt.kind);
    }
    open(breaker, std::move(why), now);
}

void lose_probe(Breaker& breaker, Instant now) {
    open(breaker, fmt::format("{} was tried, and its outcome is not known", breaker.probe_step.str()), now);
}

void release_probe(Breaker& breaker) {
    breaker.probe_release = ReleaseId();
    breaker.probe_host.clear();
    breaker.probe_step = StepId();
}

void advance(Breaker& breaker, const BreakerSpec& spec, Instant now) {
    if (breaker.status != BreakerStatus::open || now < breaker.opened + seconds(spec.half_open_after_s))
        return;
    breaker.status = BreakerStatus::half_open;
}

bool lets_through(const Breaker& breaker, const BreakerSpec& spec, const ReleaseId& release,
                  const StepSpec& step) {
    if (!spec.counts() || breaker.status == BreakerStatus::closed) return true;
    if (breaker.status == BreakerStatus::open) return false;
    return breaker.probe_host.empty() ||
           (breaker.probe_release == release && breaker.probe_host == host_of(step));
}

void note_start(Breaker& breaker, const ReleaseId& release, const StepSpec& step) {
    if (breaker.status != BreakerStatus::half_open) return;
    breaker.probe_release = release;
    breaker.probe_host = host_of(step);
    breaker.probe_step = step.id;
}

std::string half_open_words(const Breaker& breaker) {
    const std::string who =
        breaker.probe_host.empty()
            ? "one host at a time is let through"
            : fmt::format("{} of {} is let through alone", breaker.probe_host, breaker.probe_release.str());
    const std::string what = breaker.to_prove.empty() ? "a host went through all of its steps"
                                                      : named(breaker.to_prove) + " did well";
    return fmt::format("{}, and it closes when {}", who, what);
}

std::optional<Instant> next_change(const Breaker& breaker, const BreakerSpec& spec) {
    if (breaker.status != BreakerStatus::open) return {};
    return breaker.opened + seconds(spec.half_open_after_s);
}

json::Json to_json(const Breaker& breaker) {
    json::Json recent = json::Json::array();
    for (const Breaker::Attempt& attempt : breaker.recent) {
        recent.push_back({{"at", to_rfc3339(attempt.at)}, {"well", attempt.well}, {"kind", attempt.kind}});
    }
    return {{"status", to_string(breaker.status)},          {"recent", std::move(recent)},
            {"opened", to_rfc3339(breaker.opened)},         {"to_prove", breaker.to_prove},
            {"probe_release", breaker.probe_release.str()}, {"probe_host", breaker.probe_host},
            {"probe_step", breaker.probe_step.str()},       {"why", breaker.why}};
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
        if (item.optional("kind") != nullptr) {
            SB_TRY(attempt.kind, item.string("kind"));
        }
        SB_CHECK(item.finish());
        out.recent.push_back(attempt);
    }
    SB_TRY(const std::string opened, in.string("opened"));
    SB_TRY(out.opened, parse_rfc3339(opened));
    SB_TRY(std::string release, in.string("probe_release"));
    SB_TRY(std::string step, in.string("probe_step"));
    SB_TRY(out.why, in.string("why"));
    if (in.optional("to_prove") != nullptr) {
        SB_TRY(out.to_prove, in.strings("to_prove"));
    }
    // Written before hosts were let through: that step was tried by itself, and another host is chosen.
    if (in.optional("probe_host") != nullptr) {
        SB_TRY(out.probe_host, in.string("probe_host"));
        out.probe_release = ReleaseId(std::move(release));
        out.probe_step = StepId(std::move(step));
    }
    SB_CHECK(in.finish());
    return out;
}

}  // namespace signalbox::sequence
