// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/release_terms.hpp"

#include <fmt/format.h>

#include "controller/cli/exit_code.hpp"
#include "controller/cli/line.hpp"
#include "controller/cli/words.hpp"

namespace signalbox::cli {
namespace {

// So many closed times that are to come are told.
constexpr int kClosedTold = 3;

class Terms {
  public:
    Terms(const v1::ReleaseInfo& release, Instant now, const Terminal& terminal)
        : release_(release), now_(now), terminal_(terminal), ended_(release_has_ended(release.status())) {}

    std::vector<std::string> lines() {
        services();
        if (release_.priority() == "emergency")
            say("emergency", "goes first, up to each limit's hard cap", Tone::warning);
        if (!ended_) {
            window();
            closed();
        }
        for (const v1::BreakerInfo& breaker : release_.breakers()) say_breaker(breaker);
        for (const v1::LeftOutHost& host : release_.left_out())
            say("left out", fmt::format("{} of {}: {}", host.host(), host.group(), host.why()),
                Tone::warning);
        return std::move(out_);
    }

  private:
    void say(std::string_view name, std::string_view value, Tone tone = Tone::plain) {
        out_.push_back(Line(terminal_).add("  ").add(name, Tone::dim).to_column(12).add(value, tone).text());
    }

    void services() {
        if (release_.services_size() < 2) return;
        std::string all;
        for (const v1::ServiceVersion& service : release_.services())
            all += fmt::format("{}{} {}", all.empty() ? "" : ", then ", service.service(), service.version());
        say("services", all);
    }

    void window() {
        const auto opens = parse_rfc3339(release_.not_before());
        const auto closes = parse_rfc3339(release_.not_after());
        if (!opens || !closes) return;
        const std::string then = release_.overrun().empty() ? "" : "; then: " + release_.overrun();
        if (*opens > now_) {
            say("window",
                fmt::format("opens in {} ({}), for {}{}", elapsed(*opens - now_), release_.not_before(),
                            elapsed(*closes - *opens), then),
                Tone::warning);
        } else {
            say("window", fmt::format("closes {} ({}){}", relative(release_.not_after(), now_),
                                      release_.not_after(), then));
        }
        if (release_.undo_not_after() != release_.not_after() && release_.status() != "waiting")
            say("undo", "may start until " + release_.undo_not_after());
    }

    void closed() {
        int told = 0;
        for (const v1::ClosedTime& time : release_.closed()) {
            const auto from = parse_rfc3339(time.from());
            const auto to = parse_rfc3339(time.to());
            if (!from || !to || *to <= now_ || time.environment() != release_.environment()) continue;
            if (++told > kClosedTold) return;
            say("closed",
                fmt::format("{} from {} to {}: {}", time.environment(), time.from(), time.to(), time.name()),
                *from <= now_ ? Tone::warning : Tone::plain);
        }
    }

    void say_breaker(const v1::BreakerInfo& breaker) {
        const std::string whose = breaker.of() == "release" ? "of this release" : "of " + breaker.of();
        if (breaker.status() == "closed")
            return say("breaker", fmt::format("{} is closed: {}", whose, breaker.why()));
        if (ended_)
            return say("breaker", fmt::format("{} had opened: {}", whose, breaker.why()), Tone::warning);
        if (breaker.status() == "half_open") {
            return say("breaker",
                       fmt::format("{} is half open ({}): {}", whose, breaker.why(), breaker.tries()),
                       Tone::warning);
        }
        say("breaker",
            fmt::format("{} is open: {}; one host is tried {}", whose, breaker.why(),
                        relative(breaker.tries_at(), now_)),
            Tone::bad);
    }

    const v1::ReleaseInfo& release_;
    Instant now_;
    const Terminal& terminal_;
    bool ended_;
    std::vector<std::string> out_;
};

}  // namespace

std::vector<std::string> render_terms(const v1::ReleaseInfo& release, Instant now, const Terminal& terminal) {
    return Terms(release, now, terminal).lines();
}

std::string left_out_hosts(const v1::ReleaseInfo& release) {
    std::string out;
    for (const v1::LeftOutHost& host : release.left_out()) out += (out.empty() ? "" : ", ") + host.host();
    return out;
}

}  // namespace signalbox::cli
