// SPDX-License-Identifier: Apache-2.0
// An in-memory ReleaseStore that can fail a commit or lose the process before or after one. Not thread-safe,
// like the real one.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "controller/release/dispatch/store.hpp"

namespace signalbox::fakes {

class ReleaseStore final : public dispatch::ReleaseStore {
  public:
    Status commit(const dispatch::Commit& commit) override {
        if (before_commit) SB_CHECK(before_commit(commit));
        if (commit.epoch != epoch_) {
            return Error(Code::cancelled, "another controller has taken the lease", "Ask that one");
        }
        for (const dispatch::NewRelease& created : commit.created) {
            for (const auto& [id, release] : releases_) {
                if (id == created.id || release.fixed.counter == created.counter) {
                    return Error(Code::conflict, "release " + created.id.str() + " or its counter is taken",
                                 "Plan again");
                }
            }
        }
        for (const dispatch::NewRelease& created : commit.created) {
            dispatch::StoredRelease release{created, {}};
            release.current.id = created.id;
            releases_.emplace(created.id, std::move(release));
        }
        for (const dispatch::ReleaseChange& change : commit.changed) {
            dispatch::ReleaseChange& current = releases_.at(change.id).current;
            std::vector<dispatch::StepRow> steps = std::move(current.steps);
            for (const dispatch::StepRow& row : change.steps) {
                std::erase_if(steps, [&](const dispatch::StepRow& old) { return old.id == row.id; });
                steps.push_back(row);
            }
            current = change;
            current.steps = std::move(steps);
        }
        for (const dispatch::BreakerRow& row : commit.breakers) breakers_[row.environment] = row.state;
        for (const dispatch::ApprovalDocument& document : commit.approvals) {
            for (dispatch::ApprovalDocument& held : releases_.at(document.release_id).fixed.approvals) {
                if (held.environment == document.environment) held.envelope = document.envelope;
            }
        }
        for (const dispatch::StoredWithdrawal& withdrawal : commit.withdrawals) {
            const bool known = std::any_of(withdrawals_.begin(), withdrawals_.end(),
                                           [&](const dispatch::StoredWithdrawal& w) {
                                               return w.approval_sha256 == withdrawal.approval_sha256;
                                           });
            if (!known) withdrawals_.push_back(withdrawal);
        }
        for (const dispatch::StoredToken& token : commit.tokens) {
            tokens_.insert_or_assign({token.release_id, token.step_id, token.attempt}, token);
        }
        for (const dispatch::OutboxRow& row : commit.outbox_add) {
            const bool queued = std::any_of(outbox_.begin(), outbox_.end(),
                                            [&](const dispatch::OutboxRow& r) { return r.key == row.key; });
            if (!queued) outbox_.push_back(row);
        }
        for (const std::string& key : commit.outbox_done) {
            std::erase_if(outbox_, [&](const dispatch::OutboxRow& row) { return row.key == key; });
        }
        for (const dispatch::HostPlacement& host : commit.host_placements) {
            std::erase_if(placements_.hosts, [&](const dispatch::HostPlacement& held) {
                return held.agent_id == host.agent_id && held.service == host.service;
            });
            if (!host.version.empty()) placements_.hosts.push_back(host);
        }
        for (const dispatch::LiveColour& colour : commit.live_colours) {
            std::erase_if(placements_.colours, [&](const dispatch::LiveColour& held) {
                return std::tie(held.environment, held.service, held.group) ==
                       std::tie(colour.environment, colour.service, colour.group);
            });
            placements_.colours.push_back(colour);
        }
        entries_.insert(entries_.end(), commit.entries.begin(), commit.entries.end());
        ++commits_;
        if (after_commit) after_commit(commit);
        return {};
    }

    Result<dispatch::Opened> open() override {
        dispatch::Opened out;
        out.epoch = ++epoch_;
        for (const auto& [id, release] : releases_) {
            if (!release.current.finished) out.unfinished.push_back(release);
        }
        sort_by_counter(out.unfinished);
        out.outbox = outbox_;
        out.withdrawals = withdrawals_;
        for (const auto& [environment, state] : breakers_) out.breakers.push_back({environment, state});
        return out;
    }

    Result<std::optional<dispatch::StoredRelease>> load(const ReleaseId& id) override {
        const auto found = releases_.find(id);
        if (found == releases_.end()) return std::optional<dispatch::StoredRelease>{};
        return std::optional<dispatch::StoredRelease>{found->second};
    }

    Result<std::vector<dispatch::StoredRelease>> list(std::size_t limit) override {
        std::vector<dispatch::StoredRelease> out;
        for (const auto& [id, release] : releases_) {
            out.push_back(release);
            out.back().current.steps.clear();
        }
        sort_by_counter(out);
        std::reverse(out.begin(), out.end());
        if (out.size() > limit) out.erase(out.begin() + static_cast<std::ptrdiff_t>(limit), out.end());
        return out;
    }

    Result<std::int64_t> next_counter() override {
        std::int64_t highest = 0;
        for (const auto& [id, release] : releases_) highest = std::max(highest, release.fixed.counter);
        return highest + 1;
    }

    Result<dispatch::Placements> placements() override { return placements_; }

    Result<std::optional<dispatch::StoredToken>> token(const ReleaseId& release, const StepId& step,
                                                       int attempt) override {
        const auto found = tokens_.find({release, step, attempt});
        if (found == tokens_.end()) return std::optional<dispatch::StoredToken>{};
        return std::optional<dispatch::StoredToken>{found->second};
    }

    // Asked before anything changes: an error makes the commit fail; a throw is a crash before it.
    std::function<Status(const dispatch::Commit&)> before_commit;
    // Called when all has changed: a throw is a crash after it.
    std::function<void(const dispatch::Commit&)> after_commit;

    [[nodiscard]] const std::vector<ledger::PendingEntry>& entries() const { return entries_; }
    [[nodiscard]] std::size_t commits() const { return commits_; }
    // Of whoever opened it last.
    [[nodiscard]] std::int64_t epoch() const { return epoch_; }

  private:
    static void sort_by_counter(std::vector<dispatch::StoredRelease>& releases) {
        std::sort(releases.begin(), releases.end(),
                  [](const dispatch::StoredRelease& a, const dispatch::StoredRelease& b) {
                      return a.fixed.counter < b.fixed.counter;
                  });
    }

    std::map<ReleaseId, dispatch::StoredRelease> releases_;
    std::map<std::tuple<ReleaseId, StepId, int>, dispatch::StoredToken> tokens_;
    std::vector<dispatch::OutboxRow> outbox_;
    std::vector<dispatch::StoredWithdrawal> withdrawals_;
    dispatch::Placements placements_;
    std::vector<ledger::PendingEntry> entries_;
    std::map<std::string, std::string> breakers_;
    std::int64_t epoch_ = 0;
    std::size_t commits_ = 0;
};

}  // namespace signalbox::fakes
