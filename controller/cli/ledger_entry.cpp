// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/ledger_entry.hpp"

#include <fmt/format.h>

#include "common/record/record.hpp"

namespace signalbox::cli {
namespace {

EntryView unreadable(const Error& error) {
    return {"", "", "unreadable", error.message(), ""};
}

std::string about_action(const record::ActionRecord& r) {
    std::string about = r.step_id ? r.step_id->str() : "";
    if (r.attempt && *r.attempt > 1) about += fmt::format(" attempt {}", *r.attempt);
    if (r.outcome) {
        about += fmt::format("{}{}", about.empty() ? "" : ": ", r.outcome->code);
        if (!r.outcome->detail.empty()) about += fmt::format(" ({})", r.outcome->detail);
    }
    return fmt::format("{}{}seq {}", about, about.empty() ? "" : ", ", r.seq);
}

}  // namespace

EntryView view_entry(std::string_view envelope) {
    const auto opened = record::open(envelope);
    if (!opened) return unreadable(opened.error());
    EntryView view;
    view.signer = opened->envelope.signatures.empty() ? "" : opened->envelope.signatures[0].keyid.str();
    if (opened->predicate_type == record::kActionPredicate) {
        const auto action = record::parse_action_record(opened->envelope.payload);
        if (!action) return unreadable(action.error());
        view.time = to_rfc3339(action->time_wall);
        view.who = action->agent_id.str();
        view.what = fmt::format("action:{}", record::to_string(action->kind));
        view.about = about_action(*action);
        return view;
    }
    const auto decision = record::parse_decision(opened->envelope.payload);
    if (!decision) return unreadable(decision.error());
    view.time = to_rfc3339(decision->time);
    view.who = "controller";
    view.what = "decision:" + decision->kind;
    view.about = decision->data.dump(-1, ' ', false, json::Json::error_handler_t::replace);
    return view;
}

json::Json entry_json(const EntryView& view) {
    return {{"time", view.time},
            {"who", view.who},
            {"what", view.what},
            {"about", view.about},
            {"signer", view.signer}};
}

}  // namespace signalbox::cli
