// SPDX-License-Identifier: Apache-2.0
#include "common/trust/statement.hpp"

#include <fmt/format.h>

#include <utility>

namespace signalbox::trust {
namespace {

using json::Json;
using json::ObjectReader;

constexpr std::string_view kStatementType = "https://in-toto.io/Statement/v1";

Error wrong(std::string what) {
    return {Code::invalid_argument, std::move(what)};
}

}  // namespace

Result<dsse::Envelope> open_envelope(std::string_view dsse_text, std::size_t max_bytes,
                                     std::string_view what) {
    SB_TRY(dsse::Envelope envelope, dsse::parse(dsse_text, max_bytes).with_context(std::string(what)));
    if (envelope.payload_type != kInTotoPayloadType)
        return wrong(fmt::format("{}: payload type '{:.80}' is not in-toto", what, envelope.payload_type));
    return envelope;
}

std::string serialize_statement(std::string_view predicate_type, std::string_view subject_name,
                                const crypto::Digest& subject, Json predicate) {
    Json about = Json::object();
    about["name"] = subject_name;
    about["digest"]["sha256"] = subject.hex();
    Json statement = {{"_type", kStatementType}, {"predicateType", predicate_type}};
    statement["subject"] = Json::array();
    statement["subject"].push_back(std::move(about));
    statement["predicate"] = std::move(predicate);
    return json::canonical(statement);
}

Result<Statement> parse_statement(std::string_view payload, std::string_view predicate_type,
                                  const json::Limits& limits) {
    SB_TRY(Json value, json::parse(payload, limits));
    SB_TRY(auto reader, ObjectReader::open(value));
    SB_TRY(const std::string type, reader.string("_type"));
    SB_TRY(const std::string predicate, reader.string("predicateType"));
    if (type != kStatementType || predicate != predicate_type)
        return wrong(fmt::format("$ is not an in-toto Statement v1 with the predicate {}", predicate_type));
    SB_TRY(const Json::array_t* subjects, reader.array("subject"));
    if (subjects->size() != 1) return wrong("$.subject must have exactly one element");
    SB_CHECK(reader.raw("predicate"));
    SB_CHECK(reader.finish());
    Statement out;
    SB_TRY(auto subject, ObjectReader::open(subjects->front(), reader.path_of("subject", 0)));
    SB_TRY(out.subject_name, subject.string("name"));
    SB_TRY(auto digests, subject.object("digest"));
    SB_TRY(const std::string hex, digests.string("sha256"));
    SB_TRY(out.subject, crypto::parse_digest(hex).with_context("$.subject[0].digest.sha256"));
    SB_CHECK(digests.finish());
    SB_CHECK(subject.finish());
    out.predicate = std::move(value["predicate"]);
    return out;
}

}  // namespace signalbox::trust
