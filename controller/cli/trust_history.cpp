// SPDX-License-Identifier: Apache-2.0
// signalbox trust history|token-keys|prepare-token-key
#include "controller/cli/trust_history.hpp"

#include <fmt/format.h>

#include "controller/cli/line.hpp"
#include "controller/cli/message_json.hpp"
#include "controller/cli/table.hpp"
#include "controller/cli/trust_draft.hpp"
#include "controller/cli/trust_render.hpp"
#include "controller/cli/words.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::cli {
namespace {

struct NoOptions {};

// The root keys, of the file before or its own, whose signature it carries.
std::string signers_of(const dsse::Envelope& envelope, const trust::TrustFile* before,
                       const trust::TrustFile& file) {
    std::string out;
    for (const auto& signature : envelope.signatures) {
        for (const trust::TrustFile* roots : {before, &file}) {
            if (roots == nullptr) continue;
            const crypto::PublicKey* key = roots->key_in_role("root", signature.keyid);
            if (key == nullptr || !dsse::signed_by(envelope, *key)) continue;
            out += fmt::format("{}{}", out.empty() ? "" : ", ", roots->keys.at(signature.keyid).label);
            break;
        }
    }
    return out.empty() ? "nobody" : out;
}

Result<int> history(const Context& context, const NoOptions&) {
    SB_TRY(const auto api, context.api());
    SB_TRY(const auto answer,
           ask<v1::GetTrustHistoryResponse>(*api, "TrustService/History", v1::GetTrustHistoryRequest()));
    SB_TRY(const TrustStory story, tell_trust_story(answer, context.clock.now(), context.terminal));
    if (context.json) {
        SB_CHECK(context.out.write(json_text(story.json)));
    } else {
        SB_CHECK(context.print(story.lines));
    }
    return kOk;
}

Result<int> list_keys(const Context& context, const char* role) {
    SB_TRY(const auto api, context.api());
    v1::ListTokenKeysRequest request;
    request.set_role(role);
    SB_TRY(const auto answer, ask<v1::ListTokenKeysResponse>(*api, "TrustService/ListTokenKeys", request));
    if (context.json) {
        SB_TRY(const json::Json out, to_json(answer));
        SB_CHECK(context.out.write(json_text(out)));
        return kOk;
    }
    Table table({{"FILE"}, {"STATE"}, {"LISTED SINCE"}, {"USABLE"}, {"KEY ID", true}});
    for (const v1::TokenKey& key : answer.keys()) {
        const std::string state = key.in_use() ? "in use" : key.listed().empty() ? "not listed" : "listed";
        table.add({key.file(),
                   {state, key.in_use() ? Tone::good : Tone::plain},
                   key.listed(),
                   relative(key.usable_from(), context.clock.now()),
                   key.kid()});
    }
    SB_CHECK(context.print(table.lines(context.terminal)));
    return kOk;
}

Result<int> prepare_key(const Context& context, const std::string& role) {
    SB_TRY(const auto api, context.api());
    v1::PrepareTokenKeyRequest request;
    request.set_role(role);
    SB_TRY(const auto answer,
           ask<v1::PrepareTokenKeyResponse>(*api, "TrustService/PrepareTokenKey", request));
    if (context.json) {
        SB_TRY(const json::Json out, to_json(answer));
        SB_CHECK(context.out.write(json_text(out)));
        return kOk;
    }
    SB_CHECK(context.print(answer.public_key()));
    SB_CHECK(context.remark(fmt::format(
        "the controller holds it, and uses it a day after a trust file lists it. next: signalbox trust "
        "add-key --role {} --label '{} {}' {}",
        role, role, to_rfc3339(context.clock.now()).substr(0, 10), answer.public_key())));
    return kOk;
}

Result<int> token_keys(const Context& context, const NoOptions&) {
    return list_keys(context, "token");
}
Result<int> ledger_keys(const Context& context, const NoOptions&) {
    return list_keys(context, "ledger");
}
Result<int> prepare_token_key(const Context& context, const NoOptions&) {
    return prepare_key(context, "token");
}
Result<int> prepare_ledger_key(const Context& context, const NoOptions&) {
    return prepare_key(context, "ledger");
}

}  // namespace

Result<TrustStory> tell_trust_story(const v1::GetTrustHistoryResponse& answer, Instant now,
                                    const Terminal& terminal) {
    const Terminal whole = uncut(terminal);
    TrustStory story;
    story.json = {{"versions", json::Json::array()}};
    std::optional<trust::TrustFile> before;
    for (const v1::TrustVersion& version : answer.versions()) {
        // What the controller says is held against the rules again.
        auto judged =
            before ? trust::verify_update(*before, version.trust()) : trust::verify_initial(version.trust());
        if (!judged)
            return std::move(judged).error().with_context(
                fmt::format("the controller's trust file version {}", version.version()));
        SB_TRY(const dsse::Envelope envelope, dsse::parse(version.trust(), trust::kMaxTrustBytes));
        const std::string signers = signers_of(envelope, before ? &*before : nullptr, *judged);
        const std::vector<std::string> changes =
            before ? describe_changes(*before, *judged) : std::vector<std::string>{"the first"};
        story.lines.push_back(Line(whole)
                                  .add(fmt::format("version {}", judged->version), Tone::strong)
                                  .add(fmt::format(", published {} ({})", version.published(),
                                                   relative(version.published(), now)))
                                  .add(version.by().empty() ? "" : " by " + version.by())
                                  .add(", signed by " + signers)
                                  .text());
        for (const std::string& change : changes) {
            const Tone tone = change[0] == '+' ? Tone::good : change[0] == '-' ? Tone::bad : Tone::plain;
            story.lines.push_back(Line(whole).add("  ").add(change, tone).text());
        }
        story.json["versions"].push_back({{"version", judged->version},
                                          {"published", version.published()},
                                          {"by", version.by()},
                                          {"signed_by", signers},
                                          {"changes", changes},
                                          {"expires", to_rfc3339(judged->expires)}});
        before = *std::move(judged);
    }
    return story;
}

void add_trust_history_commands(const Registry& under) {
    const auto nothing = [](CLI::App&, NoOptions&) {};
    under.command<NoOptions>("history", "Every version: when, who published and signed it, what it changed",
                             nothing, history);
    under.command<NoOptions>("token-keys", "The token keys that the controller holds, and which it uses",
                             nothing, token_keys);
    under.command<NoOptions>("prepare-token-key",
                             "Have the controller make its next token key, for add-key --role token", nothing,
                             prepare_token_key);
    under.command<NoOptions>("ledger-keys", "The same for the keys that sign the ledger", nothing,
                             ledger_keys);
    under.command<NoOptions>("prepare-ledger-key",
                             "Have the controller make its next ledger key, for add-key --role ledger",
                             nothing, prepare_ledger_key);
}

}  // namespace signalbox::cli
