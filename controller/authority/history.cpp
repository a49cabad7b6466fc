// SPDX-License-Identifier: Apache-2.0
// When each version was published, told from the ledger: the controller's own memory that nobody edits.
#include <fmt/format.h>

#include "common/dsse/dsse.hpp"
#include "common/record/record.hpp"
#include "controller/authority/authority.hpp"

namespace signalbox::authority {
namespace {

constexpr std::size_t kPage = 100;

Result<std::vector<record::Decision>> decisions(ledger::Ledger& ledger, const std::string& kind) {
    std::vector<record::Decision> out;
    ledger::EntryQuery query;
    query.kind = "decision:" + kind;
    query.limit = kPage;
    for (;;) {
        SB_TRY(const auto page, ledger.entries(query));
        for (const auto& stored : page) {
            SB_TRY(const auto envelope, dsse::parse(stored.entry.envelope));
            SB_TRY(auto decision, record::parse_decision(envelope.payload));
            out.push_back(std::move(decision));
            query.from = stored.index + 1;
        }
        if (page.size() < kPage) return out;
    }
}

Result<std::int64_t> version_in(const json::Json& data, std::string_view member) {
    const auto found = data.find(member);
    if (found == data.end() || !found->is_number_integer())
        return Error(Code::data_loss, fmt::format("a ledger entry has no {}", member));
    return found->get<std::int64_t>();
}

}  // namespace

Result<std::vector<Authority::Published>> Authority::history(ledger::Ledger& ledger) const {
    // A version that was written down and then could not be put in force was published again: the last
    // counts.
    std::map<std::int64_t, Published> known;
    SB_TRY(const auto first, decisions(ledger, "cluster_initialised"));
    for (const auto& decision : first) {
        SB_TRY(const auto version, version_in(decision.data, "trust_version"));
        known[version] = {version, decision.time, {}};
    }
    SB_TRY(const auto later, decisions(ledger, "trust_published"));
    for (const auto& decision : later) {
        SB_TRY(const auto version, version_in(decision.data, "version"));
        known[version] = {version, decision.time, decision.data.value("by", std::string())};
    }
    std::vector<Published> out;
    for (const auto& [version, published] : known) {
        if (version <= current_.version) out.push_back(published);
    }
    if (out.empty() || out.back().version != current_.version)
        return Error(Code::data_loss,
                     fmt::format("the ledger does not tell of trust file version {}", current_.version),
                     "Restore store and trust folder of one backup.");
    return out;
}

Result<std::map<crypto::KeyId, Instant>> Authority::listed_since(const std::string& role,
                                                                 ledger::Ledger& ledger) const {
    SB_TRY(const auto published, history(ledger));
    std::map<crypto::KeyId, Instant> since;
    const auto holders = current_.roles.find(role);
    if (holders == current_.roles.end()) return since;
    for (const crypto::KeyId& id : holders->second.keyids) since[id] = published.back().time;
    auto left = holders->second.keyids;  // those that every version so far lists
    for (auto at = std::next(published.rbegin()); at != published.rend() && !left.empty(); ++at) {
        SB_TRY(const std::string older_text, text(at->version));
        SB_TRY(const auto envelope, dsse::parse(older_text, trust::kMaxTrustBytes));
        SB_TRY(const auto older, trust::parse_payload(envelope.payload));
        for (auto id = left.begin(); id != left.end();) {
            const bool there = older.key_in_role(role, *id) != nullptr;
            if (there) since[*id] = at->time;
            id = there ? std::next(id) : left.erase(id);
        }
    }
    return since;
}

}  // namespace signalbox::authority
