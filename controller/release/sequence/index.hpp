// SPDX-License-Identifier: Apache-2.0
// Index: a spec's steps by number, and what the sequencer asks of them at every event, looked up once. Made
// when a release is started or loaded, then never changed; any thread may read it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "controller/release/sequence/spec.hpp"

namespace signalbox::sequence {

// Of a step within its release: stage by stage, forward steps before undo steps.
using StepIndex = std::uint32_t;
inline constexpr std::uint32_t kNone = UINT32_MAX;

class Index {
  public:
    struct Entry {
        const StepSpec* spec = nullptr;
        std::uint32_t stage = 0;
        std::uint32_t lane = kNone;         // of all lanes of all stages
        std::uint32_t agent = 0;            // number of its agent
        StepIndex other = kNone;            // of an undo step what it undoes; of a forward step its undo
        std::vector<std::uint32_t> scopes;  // numbers
    };
    struct Range {
        StepIndex begin = 0;
        StepIndex end = 0;
    };
    struct Lane {
        const LaneSpec* spec = nullptr;
        std::uint32_t stage = 0;
        std::unordered_map<std::string, std::vector<StepIndex>>
            targets;  // forward steps by the host they change
    };

    explicit Index(std::shared_ptr<const ReleaseSpec> spec);

    [[nodiscard]] std::size_t size() const { return entries_.size(); }
    [[nodiscard]] const Entry& operator[](StepIndex i) const { return entries_[i]; }
    // kNone when there is no such step.
    [[nodiscard]] StepIndex find(const StepId& id) const;
    [[nodiscard]] Range steps(std::size_t stage, bool undo) const {
        return ranges_[stage * 2 + (undo ? 1 : 0)];
    }

    // Steps and joins are nodes, steps first. Who waits for a node, and for how many nodes it waits itself.
    [[nodiscard]] std::size_t nodes() const { return waiters_.size(); }
    [[nodiscard]] std::span<const std::uint32_t> waiters(std::uint32_t node) const { return waiters_[node]; }
    [[nodiscard]] std::span<const std::uint32_t> waited_for(std::uint32_t node) const {
        return waited_for_[node];
    }
    [[nodiscard]] bool is_join(std::uint32_t node) const { return node >= entries_.size(); }

    [[nodiscard]] const std::vector<AgentId>& agents() const { return agents_; }
    // kNone when no step is on this agent.
    [[nodiscard]] std::uint32_t agent(const AgentId& id) const;
    [[nodiscard]] std::span<const StepIndex> on_agent(std::uint32_t agent) const { return by_agent_[agent]; }

    [[nodiscard]] const std::vector<std::string>& scopes() const { return scopes_; }
    [[nodiscard]] const std::vector<Lane>& lanes() const { return lanes_; }

  private:
    void add(const StepSpec& step, std::uint32_t stage);
    void connect(const std::vector<StepSpec>& steps, const Joins& joins, Range range);
    void edge(std::uint32_t from, std::uint32_t to);

    std::shared_ptr<const ReleaseSpec> spec_;  // the entries point into it
    std::vector<Entry> entries_;
    std::unordered_map<StepId, StepIndex> by_id_;
    std::vector<Range> ranges_;
    std::vector<std::vector<std::uint32_t>> waiters_, waited_for_;
    std::vector<AgentId> agents_;
    std::unordered_map<AgentId, std::uint32_t> agent_numbers_;
    std::vector<std::vector<StepIndex>> by_agent_;
    std::vector<std::string> scopes_;
    std::unordered_map<std::string, std::uint32_t> scope_numbers_;
    std::vector<Lane> lanes_;
    std::unordered_map<std::string, std::uint32_t> lane_numbers_;  // "stage\nservice\ngroup"
};

}  // namespace signalbox::sequence
