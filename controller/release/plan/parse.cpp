// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "controller/release/plan/parse_parts.hpp"

namespace signalbox::plan {
namespace {

using json::Json;
using json::ObjectReader;

Result<int> parse_percent(const Json& value, std::string path) {
    if (!value.is_number_integer() || value < 1 || value > 100) return wrong(path, "is no percentage");
    return value.get<int>();
}

Result<PlanGroup> parse_group(const Json& value, std::string path) {
    SB_TRY(auto reader, ObjectReader::open(value, std::move(path)));
    PlanGroup out;
    SB_TRY(out.service, reader.string("service"));
    SB_TRY(out.name, reader.string("name"));
    SB_TRY(out.strategy, reader.string("strategy"));
    SB_TRY(out.hosts, reader.strings("hosts"));
    SB_TRY(out.batch, read_number(reader, "batch", 0));
    SB_TRY(out.live, reader.string("live"));
    SB_TRY(out.idle, reader.string("idle"));
    SB_TRY(out.percents, read_list(reader, "percents", parse_percent));
    SB_TRY(out.offline, read_word(reader, "offline", parse_offline));
    SB_TRY(out.offline_after, read_seconds(reader, "offline_after_s", 0));
    SB_TRY(out.quorum, read_number(reader, "quorum", 0));
    SB_TRY(out.progress_deadline, read_seconds(reader, "progress_deadline_s", 0));
    SB_CHECK(reader.finish());
    return out;
}

Result<PlanEnvironment> parse_environment(const Json& value, std::string path) {
    SB_TRY(auto reader, ObjectReader::open(value, std::move(path)));
    PlanEnvironment out;
    SB_TRY(out.name, reader.string("name"));
    SB_TRY(out.tier, reader.string("tier"));
    SB_TRY(out.promotes_from, reader.string("promotes_from"));
    SB_CHECK(read_limits(reader, out));
    SB_TRY(out.groups, read_list(reader, "groups", parse_group));
    SB_TRY(out.barrier, reader.strings("barrier"));
    SB_CHECK(read_steps(reader, out));
    SB_CHECK(reader.finish());
    return out;
}

Result<PlanService> parse_service(const Json& value, std::string path) {
    SB_TRY(auto reader, ObjectReader::open(value, std::move(path)));
    PlanService out;
    SB_TRY(out.name, reader.string("name"));
    SB_TRY(out.version, reader.string("version"));
    SB_TRY(out.commit, reader.string("commit"));
    SB_TRY(const Json* artifact, reader.raw("artifact"));
    SB_TRY(out.artifact, parse_artifact(*artifact, reader.path_of("artifact")));
    SB_CHECK(reader.finish());
    return out;
}

Result<Assumption> parse_assumption(const Json& value, std::string path) {
    SB_TRY(auto reader, ObjectReader::open(value, std::move(path)));
    Assumption out;
    SB_TRY(out.environment, reader.string("environment"));
    SB_TRY(out.service, reader.string("service"));
    SB_TRY(out.group, reader.string("group"));
    SB_TRY(out.live, reader.string("live"));
    SB_CHECK(reader.finish());
    return out;
}

Status named_once(const ObjectReader& reader, std::string_view key, const auto& list) {
    std::map<std::string_view, std::size_t> seen;
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (!seen.emplace(list[i].name, i).second) return wrong(reader.path_of(key, i), "is there twice");
    }
    return {};
}

Result<Plan> parse_document(const Json& document) {
    SB_TRY(auto reader, ObjectReader::open(document));
    SB_TRY(const std::string format, reader.string("format"));
    if (format != kPlanFormat) {
        return Error{Code::invalid_argument,
                     fmt::format("$.format is '{:.60}', not '{}'", format, kPlanFormat),
                     "Use a controller of the version that made this plan"};
    }
    Plan out;
    SB_TRY(std::string cluster, reader.string("cluster_id"));
    out.cluster_id = ClusterId(std::move(cluster));
    SB_TRY(std::string release, reader.string("release_id"));
    out.release_id = ReleaseId(std::move(release));
    SB_TRY(out.release_counter, reader.integer("release_counter"));
    SB_TRY(out.name, reader.string("name"));
    SB_TRY(out.version, reader.string("version"));
    SB_TRY(out.services, read_list(reader, "services", parse_service));
    SB_CHECK(named_once(reader, "services", out.services));
    SB_TRY(out.priority, read_word(reader, "priority", parse_priority));
    SB_TRY(out.overrun, read_word(reader, "overrun", parse_overrun));
    SB_TRY(out.jitter, read_seconds(reader, "jitter_s", 0));
    SB_TRY(out.breaker, read_breaker(reader));
    SB_TRY(out.estate_commit, reader.string("estate_commit"));
    SB_TRY(out.manifest, reader.string("manifest"));
    SB_TRY(out.manifest_sha256, read_digest(reader, "manifest_sha256"));
    SB_TRY(out.requester, reader.string("requester"));
    SB_TRY(out.change, reader.string("change"));
    SB_TRY(out.tickets, reader.strings("tickets"));
    SB_TRY(out.undo_on_failure, reader.boolean("undo_on_failure"));
    SB_TRY(out.environments, read_list(reader, "environments", parse_environment));
    SB_CHECK(named_once(reader, "environments", out.environments));
    SB_TRY(out.assumes, read_list(reader, "assumes", parse_assumption));
    SB_CHECK(reader.finish());
    return out;
}

}  // namespace

Error wrong(const std::string& path, std::string_view what) {
    return {Code::invalid_argument, fmt::format("{} {}", path, what)};
}

Result<crypto::Digest> read_digest(ObjectReader& reader, std::string_view key) {
    SB_TRY(const std::string hex, reader.string(key));
    return crypto::parse_digest(hex).with_context(reader.path_of(key));
}

Result<int> read_number(ObjectReader& reader, std::string_view key, int minimum, int maximum) {
    SB_TRY(const std::int64_t value, reader.integer(key));
    if (value < minimum || value > maximum) {
        return wrong(reader.path_of(key), fmt::format("is not from {} to {}", minimum, maximum));
    }
    return static_cast<int>(value);
}

Result<std::chrono::seconds> read_seconds(ObjectReader& reader, std::string_view key, int minimum) {
    SB_TRY(const int value, read_number(reader, key, minimum));
    return std::chrono::seconds(value);
}

Result<ArtifactRef> parse_artifact(const Json& value, std::string path) {
    SB_TRY(auto reader, ObjectReader::open(value, std::move(path)));
    ArtifactRef out;
    SB_TRY(out.sha256, read_digest(reader, "sha256"));
    SB_TRY(const std::int64_t size, reader.integer("size"));
    if (size < 0) return wrong(reader.path_of("size"), "is negative");
    out.size = static_cast<std::uint64_t>(size);
    SB_TRY(out.format, reader.string("format"));
    SB_CHECK(reader.finish());
    return out;
}

Result<Plan> parse_plan(std::string_view text) {
    auto document = json::parse(text, {.max_bytes = kMaxPlanBytes});
    if (!document) return std::move(document).error().with_context("reading a plan");
    return parse_document(*document).with_context("reading a plan");
}

}  // namespace signalbox::plan
