// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <utility>

#include "common/record/record.hpp"
#include "common/record/statement.hpp"

namespace signalbox::record {
namespace {

Result<Decision> parse(std::string_view payload) {
    SB_TRY(const Statement statement, parse_statement(payload, kMaxDecisionBytes));
    if (statement.predicate_type != kDecisionPredicate) {
        return Error{Code::invalid_argument,
                     fmt::format("'{:.80}' is not the predicate of a decision", statement.predicate_type)};
    }
    SB_TRY(auto reader, json::ObjectReader::open(statement.predicate, "$.predicate"));
    Decision decision;
    SB_TRY(std::string cluster, reader.string("cluster_id"));
    decision.cluster_id = ClusterId{std::move(cluster)};
    SB_TRY(const std::string time, reader.string("time"));
    SB_TRY(decision.time, parse_rfc3339(time).with_context(reader.path_of("time")));
    SB_TRY(decision.kind, reader.string("kind"));
    SB_TRY(const json::Json* data, reader.raw("data"));
    SB_CHECK(reader.finish());
    if (decision.kind.empty() || !data->is_object()) {
        return Error{Code::invalid_argument, "$.predicate needs a kind, and data that is an object"};
    }
    decision.data = *data;
    if (statement.subject != "cluster/" + decision.cluster_id.str() ||
        statement.digest != crypto::sha256(json::canonical(decision.data))) {
        return Error{Code::invalid_argument, "$.subject does not agree with the predicate"};
    }
    return decision;
}

}  // namespace

std::string serialize(const Decision& decision) {
    return serialize(Statement{"cluster/" + decision.cluster_id.str(),
                               crypto::sha256(json::canonical(decision.data)),
                               std::string(kDecisionPredicate),
                               {{"cluster_id", decision.cluster_id.str()},
                                {"time", to_rfc3339(decision.time)},
                                {"kind", decision.kind},
                                {"data", decision.data}}});
}

Result<Decision> parse_decision(std::string_view payload) {
    return parse(payload).with_context("decision");
}

std::string seal(const Decision& decision, const crypto::SigningKey& ledger_key) {
    return seal_payload(serialize(decision), ledger_key);
}

}  // namespace signalbox::record
