// SPDX-License-Identifier: Apache-2.0
#include "controller/storage/fleet_store.hpp"

#include "common/json/json.hpp"
#include "controller/storage/columns.hpp"

namespace signalbox::storage {
namespace {

constexpr std::string_view kSelectAgents =
    "SELECT id, host, environment, site, labels, state, state_reason, record_key, enrolled, former_keys, "
    "record_key_since"
    " FROM agents";

Result<std::vector<fleet::FormerKey>> former_keys_in(const std::string& text) {
    std::vector<fleet::FormerKey> out;
    SB_TRY(const json::Json list, json::parse(text));
    for (const json::Json& each : list) {
        SB_TRY(auto reader, json::ObjectReader::open(each));
        SB_TRY(const std::string key_text, reader.string("key"));
        SB_TRY(const crypto::PublicKey key, crypto::PublicKey::from_paserk(key_text));
        SB_TRY(const std::int64_t last_seq, reader.integer("last_seq"));
        out.push_back({key, last_seq});
    }
    return out;
}

Result<fleet::AgentInfo> agent_at(const sqlite::Row& row) {
    const std::string id = row.text(0);
    auto labels = labels_at(row, 4);
    if (!labels) return std::move(labels).error().with_context("agent " + id);
    auto state = fleet::parse_agent_state(row.text(5));
    if (!state) return damaged("state of agent " + id, state.error());
    auto key = crypto::PublicKey::from_paserk(row.text(7));
    if (!key) return damaged("record key of agent " + id, key.error());
    fleet::AgentInfo agent{AgentId(id), row.text(1), row.text(2), row.text(3),       *std::move(labels),
                           *state,      row.text(6), *key,        instant_at(row, 8)};
    agent.record_key_since = optional_instant_at(row, 10);
    auto former = former_keys_in(row.text(9));
    if (!former) return damaged("former keys of agent " + id, former.error());
    agent.former_keys = *std::move(former);
    return agent;
}

}  // namespace

Status FleetStore::add_join_token(const fleet::JoinToken& token, const ledger::PendingEntry& entry) {
    return session_.commit(entry, [&]() -> Status {
        SB_CHECK(
            session_.database()
                .run("INSERT INTO join_tokens(id, secret_sha256, environment, host, site, labels, created,"
                     " expires, created_by, trust_version, used) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                     token.id, token.secret_sha256.view(), token.environment, token.host, token.site,
                     to_column(token.labels), to_column(token.created), to_column(token.expires),
                     token.created_by, token.trust_version, to_column(token.used))
                .with_context("join token " + token.id));
        return {};
    });
}

Result<std::optional<fleet::JoinToken>> FleetStore::join_token(const std::string& id) {
    SB_TRY(auto statement, session_.database().query(
                               "SELECT secret_sha256, environment, host, site, labels, created, expires,"
                               " created_by, trust_version, used FROM join_tokens WHERE id = ?",
                               id));
    std::optional<fleet::JoinToken> found;
    SB_CHECK(statement.each([&](const sqlite::Row& row) -> Status {
        fleet::JoinToken token;
        token.id = id;
        SB_TRY(token.secret_sha256, digest_at(row, 0, "join token"));
        token.environment = row.text(1);
        token.host = row.text(2);
        token.site = row.text(3);
        SB_TRY(token.labels, labels_at(row, 4));
        token.created = instant_at(row, 5);
        token.expires = instant_at(row, 6);
        token.created_by = row.text(7);
        token.trust_version = row.integer(8);
        token.used = optional_instant_at(row, 9);
        found = std::move(token);
        return {};
    }));
    return found;
}

Status FleetStore::enrol(const fleet::Enrolment& enrolment) {
    std::vector<ledger::PendingEntry> entries{enrolment.entry};
    for (const auto& change : enrolment.replaced) entries.push_back(change.entry);
    return session_.commit(entries, [&]() -> Status {
        // The same answer for unknown, wrong, used and expired: none of them matches.
        SB_TRY(const auto consumed,
               session_.database().run("UPDATE join_tokens SET used = ? WHERE id = ? AND secret_sha256 = ?"
                                       " AND used IS NULL AND expires > ?",
                                       to_column(enrolment.now), enrolment.join_id,
                                       enrolment.join_secret_sha256.view(), to_column(enrolment.now)));
        if (consumed != 1)
            return Error(Code::unauthenticated, "the join token cannot be used",
                         "Ask for a new join line: each works once, and only until it expires.");
        SB_CHECK(insert_agent(enrolment.agent));
        for (const auto& change : enrolment.replaced) SB_CHECK(update_state(change));
        return {};
    });
}

Status FleetStore::insert_agent(const fleet::AgentInfo& agent) {
    SB_CHECK(
        session_.database()
            .run("INSERT INTO agents(id, host, environment, site, labels, state, state_reason, record_key,"
                 " enrolled) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                 agent.agent_id.str(), agent.host, agent.environment, agent.site, to_column(agent.labels),
                 fleet::to_string(agent.state), agent.state_reason, agent.record_key.paserk(),
                 to_column(agent.enrolled))
            .with_context("agent " + agent.agent_id.str()));
    return {};
}

Result<std::vector<fleet::AgentInfo>> FleetStore::agents() {
    SB_TRY(auto statement, session_.database().prepare(std::string(kSelectAgents) + " ORDER BY host, id"));
    std::vector<fleet::AgentInfo> all;
    SB_CHECK(statement.each([&](const sqlite::Row& row) -> Status {
        SB_TRY(auto agent, agent_at(row));
        all.push_back(std::move(agent));
        return {};
    }));
    return all;
}

Result<std::optional<fleet::AgentInfo>> FleetStore::agent(const AgentId& id) {
    SB_TRY(auto statement, session_.database().query(std::string(kSelectAgents) + " WHERE id = ?", id.str()));
    std::optional<fleet::AgentInfo> found;
    SB_CHECK(statement.each([&](const sqlite::Row& row) -> Status {
        SB_TRY(auto agent, agent_at(row));
        found.emplace(std::move(agent));
        return {};
    }));
    return found;
}

Status FleetStore::set_state(const fleet::StateChange& change) {
    return session_.commit(change.entry, [&] { return update_state(change); });
}

Status FleetStore::update_state(const fleet::StateChange& change) {
    SB_TRY(const auto changed,
           session_.database().run(
               "UPDATE agents SET state = ?, state_reason = ? WHERE id = ? AND (state = ?) = ?",
               fleet::to_string(change.state), change.reason, change.agent_id.str(),
               fleet::to_string(fleet::AgentState::banned), change.lifts_ban));
    if (changed == 1) return {};
    SB_TRY(const auto known, agent(change.agent_id));
    if (!known) return Error(Code::not_found, "there is no agent " + change.agent_id.str());
    return fleet::refuse_change(change);
}

Status FleetStore::add_certificate(const fleet::IssuedCertificate& certificate) {
    return session_.commit([&]() -> Status {
        SB_CHECK(session_.database()
                     .run("INSERT INTO certificates(serial, agent_id, not_before, not_after, issuer) VALUES "
                          "(?, ?, ?, ?, ?)",
                          certificate.serial, certificate.agent_id.str(), to_column(certificate.not_before),
                          to_column(certificate.not_after), certificate.issuer)
                     .with_context("certificate " + certificate.serial));
        return {};
    });
}

Status FleetStore::certificate_presented(const std::string& serial, const AgentId& agent, Instant now) {
    // Nearly every connection shows one that was shown before: nothing is written then.
    SB_TRY(auto fresh,
           session_.database().query(
               "SELECT 1 FROM certificates WHERE serial = ? AND agent_id = ? AND presented IS NULL", serial,
               agent.str()));
    SB_TRY(const auto found, fresh.first([](const sqlite::Row& row) { return row.integer(0); }));
    if (!found) return {};
    return session_.commit([&]() -> Status {
        SB_CHECK(session_.database().run(
            "UPDATE certificates SET presented = ? WHERE serial = ? AND agent_id = ? AND presented IS NULL",
            to_column(now), serial, agent.str()));
        return {};
    });
}

Result<std::optional<fleet::IssuedCertificate>> FleetStore::certificate_of(const AgentId& agent) {
    SB_TRY(auto statement, session_.database().query(
                               "SELECT serial, not_before, not_after, issuer, presented FROM certificates"
                               " WHERE agent_id = ? ORDER BY presented IS NULL, rowid DESC LIMIT 1",
                               agent.str()));
    std::optional<fleet::IssuedCertificate> found;
    SB_CHECK(statement.each([&](const sqlite::Row& row) -> Status {
        found = fleet::IssuedCertificate{row.text(0),        agent,       instant_at(row, 1),
                                         instant_at(row, 2), row.text(3), optional_instant_at(row, 4)};
        return {};
    }));
    return found;
}

}  // namespace signalbox::storage
