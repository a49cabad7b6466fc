// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/trust_render.hpp"

#include <fmt/format.h>

#include <utility>

#include "controller/cli/expiry.hpp"
#include "controller/cli/line.hpp"
#include "controller/cli/table.hpp"

namespace signalbox::cli {

std::vector<std::string> render_trust(const trust::TrustFile& file, Instant now, const Terminal& terminal) {
    const Terminal whole = uncut(terminal);
    const Expiry expiry = judge_expiry(file.expires, now);
    std::vector<std::string> lines;
    lines.push_back(Line(whole)
                        .add("cluster ")
                        .add(file.cluster_id.str(), Tone::strong)
                        .add(fmt::format(", trust version {}, ", file.version))
                        .add(expiry.words, expiry.tone)
                        .text());
    Table table({{"ROLE"}, {"NEEDS"}, {"HELD BY"}, {"KEY ID", true}});
    for (const auto& [name, role] : file.roles) {
        std::string shown = name;
        std::string needs = fmt::format("{} of {}", role.threshold, role.keyids.size());
        if (role.keyids.empty()) table.add({shown, "", "nobody", ""});
        for (const crypto::KeyId& id : role.keyids) {
            const auto key = file.keys.find(id);
            table.add({std::exchange(shown, " "), std::exchange(needs, " "),
                       key == file.keys.end() ? "" : key->second.label, id.str()});
        }
    }
    const auto rows = table.lines(terminal);
    lines.insert(lines.end(), rows.begin(), rows.end());
    return lines;
}

std::vector<std::string> render_draft(const TrustDraft& draft, Instant now, const Terminal& terminal) {
    const Terminal whole = uncut(terminal);
    const Expiry expiry = judge_expiry(draft.next.expires, now);
    std::vector<std::string> lines;
    lines.push_back(Line(whole)
                        .add(fmt::format("draft of trust version {} for ", draft.next.version))
                        .add(draft.next.cluster_id.str(), Tone::strong)
                        .add(", ")
                        .add(expiry.words, expiry.tone)
                        .text());
    for (const std::string& change : describe_changes(draft.base, draft.next)) {
        const Tone tone = change[0] == '+' ? Tone::good : change[0] == '-' ? Tone::bad : Tone::plain;
        lines.push_back(Line(whole).add("  ").add(change, tone).text());
    }
    const RootProgress progress = root_progress(draft);
    std::string signatures =
        fmt::format("signatures: {} of {} root keys", progress.have_of_old, progress.need_of_old);
    if (draft.base.roles.at("root").keyids != draft.next.roles.at("root").keyids ||
        progress.need_of_old != progress.need_of_new) {
        signatures +=
            fmt::format(", and {} of {} of the new root", progress.have_of_new, progress.need_of_new);
    }
    lines.push_back(Line(whole).add(signatures, progress.complete() ? Tone::good : Tone::warning).text());
    return lines;
}

json::Json trust_json(const trust::TrustFile& file) {
    // Our own canonical text: it parses.
    return json::Json::parse(trust::serialize(file));
}

json::Json draft_json(const TrustDraft& draft) {
    const RootProgress progress = root_progress(draft);
    return {{"trust", trust_json(draft.next)},
            {"changes", describe_changes(draft.base, draft.next)},
            {"signatures",
             {{"old_root", {{"have", progress.have_of_old}, {"need", progress.need_of_old}}},
              {"new_root", {{"have", progress.have_of_new}, {"need", progress.need_of_new}}}}},
            {"complete", progress.complete()}};
}

}  // namespace signalbox::cli
