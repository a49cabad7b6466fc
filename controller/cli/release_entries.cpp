// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/release_entries.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

#include "common/record/record.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::cli {
namespace {

constexpr std::uint32_t kPage = 500;

std::string text_of(const json::Json& data, const char* member) {
    const auto found = data.find(member);
    return found != data.end() && found->is_string() ? found->get<std::string>() : std::string();
}

class Finder {
  public:
    explicit Finder(std::string release) : release_(std::move(release)) {}

    // Errors: invalid_argument (an entry that cannot be read).
    Status add(std::uint64_t index, std::string_view envelope) {
        SB_TRY(const record::Opened opened, record::open(envelope));
        if (opened.predicate_type == record::kActionPredicate) {
            SB_TRY(const auto record, record::parse_action_record(opened.envelope.payload));
            if (record.kind == record::Kind::key_rotated) identities_[record.agent_id.str()].push_back(index);
            if (!record.jti || !tokens_.contains(*record.jti)) return {};
            found_.insert(index);
            const auto identity = identities_.find(record.agent_id.str());
            if (identity != identities_.end())
                found_.insert(identity->second.begin(), identity->second.end());
            return {};
        }
        SB_TRY(const auto decision, record::parse_decision(opened.envelope.payload));
        if (decision.kind == "agent_enrolled") identities_[text_of(decision.data, "agent_id")] = {index};
        if (text_of(decision.data, "release_id") != release_) return {};
        found_.insert(index);
        if (const std::string jti = text_of(decision.data, "jti"); !jti.empty()) tokens_.insert(jti);
        return {};
    }

    [[nodiscard]] std::vector<std::uint64_t> found() const { return {found_.begin(), found_.end()}; }

  private:
    std::string release_;
    std::set<std::string> tokens_;  // by jti
    // By agent: its enrolment, and each change of its record key so far.
    std::map<std::string, std::vector<std::uint64_t>> identities_;
    std::set<std::uint64_t> found_;
};

}  // namespace

Result<std::vector<std::uint64_t>> release_entries(ApiPort& api, const std::string& release) {
    Finder finder(release);
    std::uint64_t size = 1;
    for (std::uint64_t next = 0; next < size;) {
        v1::ListEntriesRequest request;
        request.set_from(next);
        request.set_limit(kPage);
        SB_TRY(const auto page, ask<v1::ListEntriesResponse>(api, "LedgerService/ListEntries", request));
        if (page.entries().empty()) break;
        size = page.size();
        for (const v1::LedgerEntry& entry : page.entries()) {
            SB_CHECK(finder.add(entry.index(), entry.envelope())
                         .with_context(fmt::format("entry {}", entry.index())));
            next = entry.index() + 1;
        }
    }
    auto found = finder.found();
    if (found.empty()) {
        return Error(Code::not_found, fmt::format("no entry of the ledger names release '{}'", release),
                     "signalbox release list shows which releases there are");
    }
    return found;
}

}  // namespace signalbox::cli
