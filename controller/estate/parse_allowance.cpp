// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "common/secret/secret.hpp"
#include "controller/estate/parse_parts.hpp"

namespace signalbox::estate {
namespace {

void parse_secrets(Fields& fields, Allowance& out) {
    const Node* node = fields.optional("secrets");
    if (node == nullptr) return;
    out.secrets = fields.text_map("secrets");
    for (const auto& [local, name] : out.secrets) {
        if (!secret::is_local_name(local))
            fields.problem(node->at, fmt::format("'{:.64}' cannot be the name of a secret's file", local),
                           "Use at most 63 of A-Z, a-z, 0-9, '_', '.' and '-', first a letter or '_'");
        if (!secret::is_name(name))
            fields.problem(node->at, fmt::format("'{:.64}' cannot be the name of a secret", name),
                           "Name one of `signalbox secret list`; the value itself does not belong here");
    }
    if (out.secrets.size() > secret::kMostSecrets)
        fields.problem(node->at, fmt::format("{} secrets for one command", out.secrets.size()),
                       fmt::format("Give it at most {}", secret::kMostSecrets));
}

}  // namespace

Allowance parse_allowance(Fields& fields) {
    Allowance out;
    out.at = fields.at();
    parse_secrets(fields, out);
    if (const Node* node = fields.optional("limits")) {
        Fields inner(*node, "limits", fields.problems());
        for (const actions::LimitRule& rule : actions::kLimitRules) {
            if (inner.optional(rule.name) == nullptr) continue;
            out.limits.*rule.member =
                inner.integer(rule.name, static_cast<int>(rule.least), static_cast<int>(rule.least),
                              static_cast<int>(rule.most));
        }
        inner.finish();
    }
    return out;
}

}  // namespace signalbox::estate
