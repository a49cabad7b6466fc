// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/watch.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controller/cli/exit_code.hpp"
#include "controller/cli/message_json.hpp"
#include "controller/cli/release_render.hpp"
#include "controller/cli/screen.hpp"
#include "controller/cli/words.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::cli {
namespace {

constexpr Duration kPollWhileDrawing = std::chrono::seconds(1);  // elapsed times move on
constexpr Duration kPollOtherwise = std::chrono::seconds(25);
constexpr Duration kGrace = std::chrono::seconds(15);
constexpr Duration kFirstPause = std::chrono::seconds(1);
constexpr Duration kLongestPause = std::chrono::seconds(15);

// Shows one state after the other in the way that the output calls for.
class View {
  public:
    View(const Context& context, bool plain)
        : context_(context),
          redraws_(context.terminal.interactive && !plain && !context.json),
          screen_(context.out, context.terminal) {}
    [[nodiscard]] bool redraws() const { return redraws_; }

    // Something else was written below the picture: the next one begins there.
    void interrupted() { screen_.forget(); }

    Status show(const v1::ReleaseInfo& release) {
        const Instant now = context_.clock.now();
        if (redraws_) {
            const bool ended = release_has_ended(release.status());
            // The last picture stays in the scrollback, so it may be as long as it needs.
            const auto most = ended ? std::nullopt : std::optional<std::size_t>(context_.terminal.height - 1);
            return screen_.draw(render_release(release, now, context_.terminal, most));
        }
        const bool news = !last_ || last_->revision() != release.revision();
        if (context_.json) {
            if (!news) return {};
            last_ = release;
            SB_TRY(const json::Json value, to_json(release));
            return context_.out.write(value.dump() + "\n");
        }
        const auto lines = render_changes(last_ ? &*last_ : nullptr, release, now, uncut(context_.terminal));
        last_ = release;
        return lines.empty() ? Status() : context_.print(lines);
    }

  private:
    const Context& context_;
    bool redraws_;
    Screen screen_;
    std::optional<v1::ReleaseInfo> last_;
};

bool may_pass(const Error& error) {
    return error.code() == Code::unavailable || error.code() == Code::deadline_exceeded;
}

}  // namespace

Result<int> watch_release(const Context& context, const WatchOptions& options) {
    std::optional<Duration> until;
    if (!options.timeout.empty()) {
        SB_TRY(const Duration timeout, parse_duration(options.timeout).with_context("--timeout"));
        until = context.clock.boot() + timeout;
    }
    SB_TRY(const auto api, context.api());
    View view(context, options.plain);
    std::uint64_t revision = 0;
    bool seen = false;
    bool lost = false;
    Duration pause = kFirstPause;
    while (true) {
        Duration wait = view.redraws() ? kPollWhileDrawing : kPollOtherwise;
        if (until) {
            const Duration left = *until - context.clock.boot();
            if (left <= Duration{0}) {
                return Error(Code::deadline_exceeded,
                             fmt::format("release {} has not ended within {}; it goes on", options.release_id,
                                         options.timeout),
                             fmt::format("signalbox release watch {}", options.release_id));
            }
            wait = std::min(wait, left);
        }
        v1::GetReleaseRequest request;
        request.set_release_id(options.release_id);
        request.set_after_revision(revision);
        if (seen) {
            request.set_wait_ms(
                static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::milliseconds>(wait).count()));
        }
        auto answer = ask<v1::GetReleaseResponse>(*api, "ReleaseService/Get", request, wait + kGrace);
        if (!answer) {
            // The first call tells a wrong id or address at once; later on, a restart is waited out.
            if (!seen || !may_pass(answer.error())) return std::move(answer).error();
            if (!lost) {
                SB_CHECK(context.remark("the controller does not answer: still trying. " +
                                        safe(answer.error().message())));
                view.interrupted();
            }
            lost = true;
            context.pause(pause);
            pause = std::min(pause * 2, kLongestPause);
            continue;
        }
        if (lost) {
            SB_CHECK(context.remark("the controller answers again"));
            view.interrupted();
        }
        lost = false;
        pause = kFirstPause;
        seen = true;
        const v1::ReleaseInfo& release = answer->release();
        revision = release.revision();
        SB_CHECK(view.show(release));
        if (!release_has_ended(release.status())) continue;
        // The picture was cut to the screen; why it ended must not be.
        if (view.redraws() && !release.reason().empty())
            SB_CHECK(context.print("why: " + safe(release.reason())));
        if (!context.json) SB_CHECK(context.print(render_verdict(release, uncut(context.terminal))));
        return exit_code_of_release(release.status());
    }
}

}  // namespace signalbox::cli
