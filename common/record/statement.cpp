// SPDX-License-Identifier: Apache-2.0
#include "common/record/statement.hpp"

#include <utility>

#include "common/dsse/dsse.hpp"

namespace signalbox::record {

std::string serialize(const Statement& statement) {
    json::Json digest = json::Json::object();
    digest["sha256"] = statement.digest.hex();
    json::Json subject = {{"name", statement.subject}, {"digest", std::move(digest)}};
    json::Json value = {{"_type", kStatementType},
                        {"predicateType", statement.predicate_type},
                        {"predicate", statement.predicate}};
    value["subject"] = json::Json::array();
    value["subject"].push_back(std::move(subject));
    return json::canonical(value);
}

Result<Statement> parse_statement(std::string_view payload, std::size_t max_bytes) {
    SB_TRY(json::Json value, json::parse(payload, {.max_bytes = max_bytes}));
    SB_TRY(auto reader, json::ObjectReader::open(value));
    SB_TRY(const std::string type, reader.string("_type"));
    if (type != kStatementType) {
        return Error{Code::invalid_argument, "$._type is not an in-toto Statement v1"};
    }
    Statement statement;
    SB_TRY(statement.predicate_type, reader.string("predicateType"));
    SB_TRY(const json::Json::array_t* subjects, reader.array("subject"));
    if (subjects->size() != 1) {
        return Error{Code::invalid_argument, "$.subject must have exactly one element"};
    }
    SB_TRY(auto subject, json::ObjectReader::open(subjects->front(), reader.path_of("subject", 0)));
    SB_TRY(statement.subject, subject.string("name"));
    SB_TRY(auto digest, subject.object("digest"));
    SB_TRY(const std::string hex, digest.string("sha256"));
    SB_TRY(statement.digest, crypto::parse_digest(hex).with_context(digest.path_of("sha256")));
    SB_CHECK(digest.finish());
    SB_CHECK(subject.finish());
    SB_TRY(const json::Json* predicate, reader.raw("predicate"));
    if (!predicate->is_object()) {
        return Error{Code::invalid_argument, "$.predicate must be an object"};
    }
    SB_CHECK(reader.finish());
    statement.predicate = *predicate;
    return statement;
}

std::string seal_payload(std::string payload, const crypto::SigningKey& key) {
    dsse::Envelope envelope{std::string(kPayloadType), std::move(payload), {}};
    const std::string covered = dsse::pae(envelope.payload_type, envelope.payload);
    envelope.signatures.push_back({key.public_key().id(), key.sign_now(as_bytes(covered))});
    return dsse::serialize(envelope);
}

}  // namespace signalbox::record
