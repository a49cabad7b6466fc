// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/trust_edit.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "common/merkle/signed_note.hpp"
#include "controller/cli/suggest.hpp"

namespace signalbox::cli {
namespace {

Result<trust::Role*> find_role(trust::TrustFile& file, const std::string& name) {
    const auto found = file.roles.find(name);
    if (found != file.roles.end()) return &found->second;
    std::string known;
    for (const auto& [role, unused] : file.roles) known += (known.empty() ? "" : ", ") + role;
    return Error(Code::not_found, fmt::format("the trust file has no role {}", name),
                 "choose one of: " + known);
}

bool in_any_role(const trust::TrustFile& file, const crypto::KeyId& id) {
    for (const auto& [name, role] : file.roles) {
        if (role.keyids.contains(id)) return true;
    }
    return false;
}

}  // namespace

std::string warning_of_new_environment(const trust::TrustFile& file, const std::string& environment) {
    std::vector<std::string> known;
    for (const auto& [role, unused] : file.roles) {
        if (!role.starts_with("approve/")) continue;
        const std::string rest = role.substr(std::string_view("approve/").size());
        known.push_back(rest.substr(0, rest.find('/')));
    }
    if (environment.empty() || known.empty()) return {};
    if (std::find(known.begin(), known.end(), environment) != known.end()) return {};
    known.erase(std::unique(known.begin(), known.end()), known.end());
    const std::string meant = nearest(environment, known);
    return fmt::format("warning: nobody could approve for {} so far; {}", environment,
                       meant.empty() ? fmt::format("the trust file knows {}", fmt::join(known, ", "))
                                     : fmt::format("did you mean {}?", meant));
}

Status add_key(trust::TrustFile& file, const std::string& role, const crypto::PublicKey& key,
               const std::string& label) {
    // It is the name in the cosignatures, and cosignatures under another name would not count.
    if (role == "witness" && !merkle::is_note_key_name(label)) {
        return Error(Code::invalid_argument, fmt::format("'{:.100}' cannot be the name of a witness", label),
                     "give the name that signalbox witness init printed as --label");
    }
    const crypto::KeyId id = key.id();
    const auto found = file.roles.find(role);
    if (found != file.roles.end() && found->second.keyids.contains(id)) {
        return Error(Code::already_exists, fmt::format("key {} holds {} already", id.str(), role));
    }
    const auto [at, is_new] = file.keys.emplace(id, trust::TrustedKey{key, label});
    if (!is_new && at->second.label != label) {
        return Error(Code::invalid_argument, fmt::format("this key is called '{}'", at->second.label),
                     "give that as --label");
    }
    file.roles[role].keyids.insert(id);
    return {};
}

Status remove_key(trust::TrustFile& file, const std::string& role, const std::string& who) {
    SB_TRY(trust::Role * holders, find_role(file, role));
    crypto::KeyId found;
    for (const crypto::KeyId& id : holders->keyids) {
        const auto key = file.keys.find(id);
        const bool meant = id.str() == who || (key != file.keys.end() &&
                                               (key->second.label == who || key->second.key.paserk() == who));
        if (!meant) continue;
        if (!found.empty()) {
            return Error(Code::invalid_argument,
                         fmt::format("more than one key of {} is called '{}'", role, who),
                         "name it by its k4.pid (signalbox trust show)");
        }
        found = id;
    }
    if (found.empty()) {
        return Error(Code::not_found, fmt::format("{} is held by no key called '{}'", role, who),
                     "signalbox trust show lists them");
    }
    holders->keyids.erase(found);
    const int left = static_cast<int>(holders->keyids.size());
    if (left == 0 && (role.starts_with("approve/") || role.starts_with("artifact/"))) {
        file.roles.erase(role);
    } else if (left < holders->threshold) {
        return Error(
            Code::failed_precondition,
            fmt::format("{} needs {}, and only {} would be left", role, holders->threshold, left),
            fmt::format("add another key first, or lower it: signalbox trust set-role {} --threshold {}",
                        role, left));
    }
    if (!in_any_role(file, found)) file.keys.erase(found);
    return {};
}

Status set_threshold(trust::TrustFile& file, const std::string& role, int threshold) {
    SB_TRY(trust::Role * holders, find_role(file, role));
    const int most = static_cast<int>(holders->keyids.size());
    const int least = role.starts_with("approve/") ? 0 : 1;
    if (threshold < least || threshold > most) {
        return Error(Code::invalid_argument,
                     fmt::format("the threshold of {} must be from {} to {}, the number of its keys", role,
                                 least, most));
    }
    holders->threshold = threshold;
    return {};
}

}  // namespace signalbox::cli
