// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "controller/release/plan/parse_parts.hpp"

namespace signalbox::plan {
namespace {

using json::Json;
using json::ObjectReader;
using Places = std::unordered_map<StepId, std::size_t>;  // of each step in its list

Status parse_action(ObjectReader& reader, PlanStep& out) {
    SB_TRY(const Json* action, reader.raw("action"));
    SB_TRY(auto fields, ObjectReader::open(*action, reader.path_of("action")));
    SB_TRY(out.kind, fields.string("kind"));
    out.action = json::canonical(*action);
    SB_TRY(out.action_sha256, read_digest(reader, "action_sha256"));
    if (crypto::sha256(out.action) != out.action_sha256) {
        return wrong(reader.path_of("action_sha256"), "is not the digest of the action");
    }
    return {};
}

Result<PlanStep> parse_step(const Json& value, std::string path) {
    SB_TRY(auto reader, ObjectReader::open(value, std::move(path)));
    PlanStep out;
    SB_TRY(std::string id, reader.string("id"));
    out.id = StepId(std::move(id));
    SB_TRY(std::string agent, reader.string("agent_id"));
    out.agent_id = AgentId(std::move(agent));
    SB_TRY(out.host, reader.string("host"));
    SB_TRY(out.target, reader.string("target"));
    SB_TRY(out.service, reader.string("service"));
    SB_TRY(out.group, reader.string("group"));
    SB_TRY(out.site, reader.string("site"));
    SB_TRY(out.pool, reader.string("pool"));
    SB_TRY(out.phase, read_word(reader, "phase", parse_phase));
    SB_CHECK(parse_action(reader, out));
    SB_TRY(out.artifacts, read_list(reader, "artifacts", parse_artifact));
    SB_TRY(out.deadline, read_seconds(reader, "deadline_s", 1));
    SB_TRY(out.delay, read_seconds(reader, "delay_s", 0));
    SB_TRY(out.max_attempts, read_number(reader, "max_attempts", 1));
    SB_TRY(const auto needs, reader.strings("needs"));
    for (const auto& need : needs) out.needs.emplace_back(need);
    SB_TRY(out.after, reader.strings("after"));
    SB_TRY(std::string undo_of, reader.string("undo_of"));
    out.undo_of = StepId(std::move(undo_of));
    SB_TRY(out.makes_live, reader.string("makes_live"));
    SB_CHECK(reader.finish());
    if (out.id.empty() || out.agent_id.empty()) return wrong(reader.path(), "has no id or no agent_id");
    return out;
}

Result<PlanJoins> parse_joins(ObjectReader& reader, std::string_view key) {
    SB_TRY(const Json* value, reader.raw(key));
    SB_TRY(auto fields, ObjectReader::open(*value, reader.path_of(key)));
    PlanJoins out;
    for (const auto& [name, steps] : value->items()) {
        SB_TRY(const auto ids, fields.strings(name));
        if (ids.empty()) return wrong(fields.path_of(name), "joins nothing");
        for (const auto& id : ids) out[name].emplace_back(id);
    }
    return out;
}

// Every edge leads to an earlier step of the same list, also through a join: so the list is sorted and has no
// cycle.
Status check_edges(const std::string& path, const std::vector<PlanStep>& steps, const PlanJoins& joins,
                   const Places& places) {
    std::unordered_map<std::string, std::size_t> last;  // step of each join
    for (const auto& [name, ids] : joins) {
        for (const auto& id : ids) {
            const auto at = places.find(id);
            if (at == places.end()) {
                return wrong(path,
                             fmt::format("has the join '{}' of '{}', which is no step", name, id.str()));
            }
            last[name] = std::max(last[name], at->second);
        }
    }
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const auto at = [&] { return fmt::format("{}[{}]", path, i); };
        for (const auto& need : steps[i].needs) {
            const auto place = places.find(need);
            if (place == places.end() || place->second >= i) {
                return wrong(at(), fmt::format("needs '{}', which is no earlier step", need.str()));
            }
        }
        for (const auto& name : steps[i].after) {
            const auto join = last.find(name);
            if (join == last.end() || join->second >= i) {
                return wrong(at(), fmt::format("waits for '{}', which is no join of earlier steps", name));
            }
        }
    }
    return {};
}

Result<Places> places_of(const std::string& path, const std::vector<PlanStep>& steps, const Places* forward) {
    Places out;
    out.reserve(steps.size());
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const auto& step = steps[i];
        const auto at = [&] { return fmt::format("{}[{}]", path, i); };
        if ((forward == nullptr) != step.undo_of.empty()) return wrong(at(), "has a wrong undo_of");
        if (forward != nullptr && !forward->contains(step.undo_of)) {
            return wrong(at(), fmt::format("undoes '{}', which is no step", step.undo_of.str()));
        }
        if ((forward != nullptr && forward->contains(step.id)) || !out.emplace(step.id, i).second) {
            return wrong(at(), fmt::format("has the id '{}' of another step", step.id.str()));
        }
    }
    return out;
}

}  // namespace

Status read_steps(ObjectReader& reader, PlanEnvironment& out) {
    SB_TRY(out.steps, read_list(reader, "steps", parse_step));
    SB_TRY(out.joins, parse_joins(reader, "joins"));
    SB_TRY(const Places forward, places_of(reader.path_of("steps"), out.steps, nullptr));
    SB_CHECK(check_edges(reader.path_of("steps"), out.steps, out.joins, forward));
    SB_TRY(out.undo, read_list(reader, "undo", parse_step));
    SB_TRY(out.undo_joins, parse_joins(reader, "undo_joins"));
    SB_TRY(const Places undo, places_of(reader.path_of("undo"), out.undo, &forward));
    return check_edges(reader.path_of("undo"), out.undo, out.undo_joins, undo);
}

}  // namespace signalbox::plan
