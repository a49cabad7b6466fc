// SPDX-License-Identifier: Apache-2.0
// signalbox release explain|timeline, signalbox throttle show
#include <fmt/format.h>

#include "controller/cli/command.hpp"
#include "controller/cli/file.hpp"
#include "controller/cli/message_json.hpp"
#include "controller/cli/story_render.hpp"
#include "controller/cli/timeline_draw.hpp"
#include "controller/cli/words.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::cli {
namespace {

constexpr Duration kStoryTimeout = std::chrono::minutes(2);  // it reads the ledger

struct ExplainOptions {
    std::string release_id;
    std::string step_id;
};
struct TimelineOptions {
    std::string release_id;
    std::string svg;
};
struct ThrottleOptions {};

Result<int> explain(const Context& context, const ExplainOptions& options) {
    SB_TRY(const auto api, context.api());
    v1::ExplainReleaseRequest request;
    request.set_release_id(options.release_id);
    request.set_step_id(options.step_id);
    SB_TRY(const auto answer,
           ask<v1::ExplainReleaseResponse>(*api, "ReleaseService/Explain", request, kStoryTimeout));
    if (context.json) {
        SB_TRY(const json::Json out, to_json(answer));
        SB_CHECK(context.out.write(json_text(out)));
        return kOk;
    }
    SB_CHECK(context.print(render_story(answer, uncut(context.terminal))));
    return kOk;
}

Result<int> timeline(const Context& context, const TimelineOptions& options) {
    SB_TRY(const auto api, context.api());
    v1::GetTimelineRequest request;
    request.set_release_id(options.release_id);
    SB_TRY(const auto answer,
           ask<v1::GetTimelineResponse>(*api, "ReleaseService/Timeline", request, kStoryTimeout));
    SB_TRY(const Timeline drawn, timeline_of(answer));
    if (!options.svg.empty()) SB_CHECK(replace_file(options.svg, timeline_svg(drawn), 0644));
    if (context.json) {
        SB_TRY(const json::Json out, to_json(answer));
        SB_CHECK(context.out.write(json_text(out)));
    } else if (options.svg.empty()) {
        SB_CHECK(context.print(timeline_text(drawn, context.terminal)));
    } else {
        SB_CHECK(context.print("wrote " + safe(options.svg)));
    }
    return kOk;
}

Result<int> show_throttle(const Context& context, const ThrottleOptions&) {
    SB_TRY(const auto api, context.api());
    SB_TRY(const auto answer,
           ask<v1::GetThrottleResponse>(*api, "ReleaseService/Throttle", v1::GetThrottleRequest()));
    if (context.json) {
        SB_TRY(const json::Json out, to_json(answer));
        SB_CHECK(context.out.write(json_text(out)));
        return kOk;
    }
    SB_CHECK(context.print(render_throttle(answer, uncut(context.terminal))));
    if (answer.scopes().empty()) SB_CHECK(context.remark("nothing is in flight, and nothing waits to be"));
    return kOk;
}

}  // namespace

void add_story_commands(const Registry& under) {
    under.command<ExplainOptions>(
        "explain", "Why each step ran, waits, or will not run, told from the ledger",
        [](CLI::App& app, ExplainOptions& o) {
            app.add_option("release", o.release_id, "Release id")->required();
            app.add_option("step", o.step_id,
                           "Only this step, such as production/web-1/activate [the release]");
        },
        explain);
    under.command<TimelineOptions>(
        "timeline", "Draw when each step waited and ran",
        [](CLI::App& app, TimelineOptions& o) {
            app.add_option("release", o.release_id, "Release id")->required();
            app.add_option("--svg", o.svg, "Write it as an SVG image to this file instead");
        },
        timeline);
}

void add_throttle_commands(const Registry& registry) {
    const Registry under =
        registry.under(registry.group("throttle", "How many steps may be in flight at once, and who waits"));
    under.command<ThrottleOptions>(
        "show", "Every scope in use: its limit now, who holds its slots, who waits and why",
        [](CLI::App&, ThrottleOptions&) {}, show_throttle);
}

}  // namespace signalbox::cli
