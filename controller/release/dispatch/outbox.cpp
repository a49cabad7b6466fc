// SPDX-License-Identifier: Apache-2.0
#include "controller/release/dispatch/outbox.hpp"

#include <fmt/format.h>

#include "common/json/json.hpp"

namespace signalbox::dispatch {
namespace {

Result<sequence::Effect> parse(const std::string& body) {
    SB_TRY(const json::Json value, json::parse(body));
    SB_TRY(auto in, json::ObjectReader::open(value));
    SB_TRY(const std::string kind, in.string("effect"));
    SB_TRY(std::string release, in.string("release_id"));
    SB_TRY(std::string step, in.string("step_id"));
    if (kind == "dispatch") {
        sequence::Dispatch out{ReleaseId(std::move(release)), StepId(std::move(step)), 0, 0, false};
        SB_TRY(const std::int64_t attempt, in.integer("attempt"));
        SB_TRY(const std::int64_t send, in.integer("send"));
        SB_TRY(out.fresh, in.boolean("fresh"));
        SB_CHECK(in.finish());
        out.attempt = static_cast<int>(attempt);
        out.send = static_cast<int>(send);
        return sequence::Effect(out);
    }
    if (kind == "query") {
        SB_TRY(const std::int64_t ask, in.integer("ask"));
        SB_CHECK(in.finish());
        return sequence::Effect(
            sequence::Query{ReleaseId(std::move(release)), StepId(std::move(step)), static_cast<int>(ask)});
    }
    return Error(Code::data_loss, "unknown effect " + kind);
}

}  // namespace

std::optional<OutboxRow> to_row(const sequence::Effect& effect) {
    if (const auto* d = std::get_if<sequence::Dispatch>(&effect)) {
        return OutboxRow{fmt::format("dispatch/{}/{}/{}", d->release.str(), d->step.str(), d->send),
                         json::canonical({{"effect", "dispatch"},
                                          {"release_id", d->release.str()},
                                          {"step_id", d->step.str()},
                                          {"attempt", d->attempt},
                                          {"send", d->send},
                                          {"fresh", d->fresh}})};
    }
    if (const auto* q = std::get_if<sequence::Query>(&effect)) {
        return OutboxRow{fmt::format("query/{}/{}/{}", q->release.str(), q->step.str(), q->ask),
                         json::canonical({{"effect", "query"},
                                          {"release_id", q->release.str()},
                                          {"step_id", q->step.str()},
                                          {"ask", q->ask}})};
    }
    return {};
}

Result<sequence::Effect> from_row(const OutboxRow& row) {
    auto parsed = parse(row.body);
    if (parsed) return parsed;
    return Error(Code::data_loss, "queued effect " + row.key + ": " + parsed.error().message(),
                 "Restore the data directory from its backup");
}

}  // namespace signalbox::dispatch
