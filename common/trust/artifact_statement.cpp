// SPDX-License-Identifier: Apache-2.0
#include "common/trust/artifact_statement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/trust/parts_json.hpp"
#include "common/trust/statement.hpp"

namespace signalbox::trust {
namespace {

constexpr std::size_t kMaxName = 200;

Result<ArtifactStatement> parse(std::string_view payload) {
    SB_TRY(const Statement statement,
           parse_statement(payload, kArtifactPredicate,
                           {.max_bytes = kMaxArtifactStatementBytes, .max_depth = 5}));
    SB_TRY(auto reader, json::ObjectReader::open(statement.predicate, "$.predicate"));
    ArtifactStatement out;
    SB_TRY(std::string cluster, parts::filled(reader, "cluster_id"));
    out.cluster_id = ClusterId{std::move(cluster)};
    SB_TRY(out.service, parts::filled(reader, "service"));
    SB_TRY(out.version, parts::filled(reader, "version"));
    SB_TRY(out.sha256, parts::digest(reader, "sha256"));
    SB_TRY(out.size, parts::in_range(reader, "size", 1, INT64_MAX));
    SB_TRY(out.format, reader.string("format"));
    SB_CHECK(reader.finish());
    if (out.format != "tar" && out.format != "tar.gz" && out.format != "tar.zst")
        return parts::wrong("$.predicate.format must be tar, tar.gz or tar.zst");
    if (out.service.size() > kMaxName || out.version.size() > kMaxName)
        return parts::wrong("$.predicate: service and version have at most 200 bytes");
    if (statement.subject_name != out.service || statement.subject != out.sha256)
        return parts::wrong("$.subject does not agree with the predicate");
    return out;
}

Error refused(std::string why, std::string remedy = {}) {
    return {Code::refused, "R_APPROVAL: " + std::move(why), std::move(remedy)};
}

}  // namespace

std::string serialize(const ArtifactStatement& statement) {
    return serialize_statement(kArtifactPredicate, statement.service, statement.sha256,
                               {{"cluster_id", statement.cluster_id.str()},
                                {"service", statement.service},
                                {"version", statement.version},
                                {"sha256", statement.sha256.hex()},
                                {"size", statement.size},
                                {"format", statement.format}});
}

Result<ArtifactStatement> parse_artifact_statement(std::string_view payload) {
    return parse(payload).with_context("artifact statement");
}

Result<ArtifactStatement> verify_artifact_statement(const TrustFile& trust, std::string_view environment,
                                                    std::string_view dsse_text) {
    SB_TRY(const dsse::Envelope envelope,
           open_envelope(dsse_text, 4 * kMaxArtifactStatementBytes, "artifact statement"));
    SB_TRY(ArtifactStatement statement, parse_artifact_statement(envelope.payload));
    if (statement.cluster_id != trust.cluster_id)
        return refused(fmt::format("the artifact statement is for cluster '{:.60}', not {}",
                                   statement.cluster_id.str(), trust.cluster_id.str()));
    const std::string role = fmt::format("artifact/{}", environment);
    const auto holders = trust.roles.find(role);
    if (holders == trust.roles.end())
        return refused(
            fmt::format("the trust file has no role {}: nobody's word counts for an artifact", role),
            fmt::format("Add one: signalbox trust add-key --role {}", role));
    const auto valid = std::count_if(holders->second.keyids.begin(), holders->second.keyids.end(),
                                     [&](const crypto::KeyId& id) {
                                         const crypto::PublicKey* key = trust.key_in_role(role, id);
                                         return key != nullptr && dsse::signed_by(envelope, *key);
                                     });
    if (valid < holders->second.threshold)
        return refused(fmt::format("{} of {} signatures of the role {} on the statement about artifact {}",
                                   valid, holders->second.threshold, role, statement.sha256.hex()));
    return statement;
}

}  // namespace signalbox::trust
