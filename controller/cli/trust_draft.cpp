// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/trust_draft.hpp"

#include <fmt/format.h>

#include "common/json/json.hpp"

namespace signalbox::cli {
namespace {

constexpr std::string_view kFormat = "signalbox-trust-draft/v1";

Result<trust::TrustFile> open(std::string_view dsse_text, dsse::Envelope& envelope) {
    SB_TRY(envelope, dsse::parse(dsse_text, trust::kMaxTrustBytes * 2));
    if (envelope.payload_type != trust::kTrustPayloadType) {
        return Error(Code::invalid_argument,
                     fmt::format("it is not a trust file but {}", envelope.payload_type));
    }
    return trust::parse_payload(envelope.payload);
}

int signatures_of(const TrustDraft& draft, const trust::TrustFile& file) {
    int count = 0;
    const auto root = file.roles.find("root");
    if (root == file.roles.end()) return 0;
    for (const crypto::KeyId& id : root->second.keyids) {
        const crypto::PublicKey* key = file.key_in_role("root", id);
        count += key != nullptr && dsse::signed_by(draft.envelope, *key) ? 1 : 0;
    }
    return count;
}

std::string label_of(const trust::TrustFile& file, const crypto::KeyId& id) {
    const auto found = file.keys.find(id);
    return found == file.keys.end() || found->second.label.empty() ? id.str() : found->second.label;
}

}  // namespace

Result<TrustDraft> start_draft(std::string_view base_text, Instant expires) {
    TrustDraft draft;
    dsse::Envelope ignored;
    draft.base_text = std::string(base_text);
    SB_TRY(draft.base, open(base_text, ignored).with_context("the trust file in force"));
    draft.next = draft.base;
    return edit_draft(std::move(draft), [&](trust::TrustFile& file) -> Status {
        ++file.version;
        file.expires = std::chrono::floor<std::chrono::seconds>(expires);
        return {};
    });
}

Result<TrustDraft> parse_draft(std::string_view text) {
    SB_TRY(const json::Json value, json::parse(text, {.max_bytes = 4 << 20}));
    SB_TRY(auto reader, json::ObjectReader::open(value));
    SB_TRY(const std::string format, reader.string("format"));
    if (format != kFormat) return Error(Code::invalid_argument, fmt::format("$.format: must be {}", kFormat));
    TrustDraft draft;
    dsse::Envelope base;
    SB_TRY(draft.base_text, reader.string("base"));
    SB_TRY(draft.base, open(draft.base_text, base).with_context("$.base"));
    SB_TRY(const std::string next, reader.string("next"));
    SB_TRY(draft.next, open(next, draft.envelope).with_context("$.next"));
    SB_CHECK(reader.finish());
    if (draft.next.version != draft.base.version + 1 || draft.next.cluster_id != draft.base.cluster_id) {
        return Error(Code::invalid_argument, "$.next: must be the next version for the same cluster");
    }
    return draft;
}

std::string serialize(const TrustDraft& draft) {
    const json::Json value = {
        {"format", kFormat}, {"base", draft.base_text}, {"next", dsse::serialize(draft.envelope)}};
    return value.dump(2) + "\n";
}

Result<TrustDraft> edit_draft(TrustDraft draft, const TrustEdit& edit) {
    SB_CHECK(edit(draft.next));
    std::string payload = trust::serialize(draft.next);
    // What was written is what will be read: never a file that hosts would refuse.
    SB_TRY(draft.next, trust::parse_payload(payload));
    draft.envelope = dsse::Envelope{std::string(trust::kTrustPayloadType), std::move(payload), {}};
    return draft;
}

RootProgress root_progress(const TrustDraft& draft) {
    const auto need = [](const trust::TrustFile& file) {
        const auto root = file.roles.find("root");
        return root == file.roles.end() ? 1 : root->second.threshold;
    };
    return {signatures_of(draft, draft.base), need(draft.base), signatures_of(draft, draft.next),
            need(draft.next)};
}

Result<TrustDraft> sign_draft(TrustDraft draft, const crypto::Signer& signer) {
    const crypto::KeyId id = signer.public_key().id();
    const bool known =
        draft.base.key_in_role("root", id) != nullptr || draft.next.key_in_role("root", id) != nullptr;
    if (!known) {
        return Error(Code::refused,
                     fmt::format("key {} is not a root key, so its signature would not count", id.str()),
                     "sign with one of the root keys (signalbox trust show)");
    }
    if (dsse::signed_by(draft.envelope, signer.public_key())) {
        return Error(Code::already_exists, fmt::format("key {} has signed this draft", id.str()),
                     "hand the draft to the next keeper of a root key");
    }
    SB_CHECK(dsse::add_signature(draft.envelope, signer));
    return draft;
}

std::vector<std::string> describe_changes(const trust::TrustFile& before, const trust::TrustFile& after) {
    std::vector<std::string> lines;
    const trust::Role none{{}, 0};
    const auto role_in = [&](const trust::TrustFile& file, const std::string& name) {
        const auto found = file.roles.find(name);
        return found == file.roles.end() ? none : found->second;
    };
    std::map<std::string, bool> names;
    for (const auto& [name, role] : before.roles) names[name] = true;
    for (const auto& [name, role] : after.roles) names[name] = true;
    for (const auto& [name, unused] : names) {
        const trust::Role old_role = role_in(before, name);
        const trust::Role new_role = role_in(after, name);
        for (const crypto::KeyId& id : new_role.keyids) {
            if (!old_role.keyids.contains(id))
                lines.push_back(fmt::format("+ {}: {} ({})", name, label_of(after, id), id.str()));
        }
        for (const crypto::KeyId& id : old_role.keyids) {
            if (!new_role.keyids.contains(id))
                lines.push_back(fmt::format("- {}: {} ({})", name, label_of(before, id), id.str()));
        }
        if (old_role.threshold != new_role.threshold) {
            lines.push_back(
                fmt::format("threshold of {}: {} -> {}", name, old_role.threshold, new_role.threshold));
        }
    }
    if (before.expires != after.expires) {
        lines.push_back(
            fmt::format("expires: {} -> {}", to_rfc3339(before.expires), to_rfc3339(after.expires)));
    }
    return lines;
}

}  // namespace signalbox::cli
