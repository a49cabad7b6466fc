// SPDX-License-Identifier: Apache-2.0
// A fleet without threads or network: time and tasks move when the test says so.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "controller/fleet/server/sessions.hpp"
#include "tests/fakes/fixed_random.hpp"
#include "tests/fakes/fleet_store.hpp"
#include "tests/fakes/ledger_store.hpp"
#include "tests/fakes/manual_clock.hpp"
#include "tests/fakes/manual_strand.hpp"
#include "tests/support/fleet/record_maker.hpp"

namespace signalbox::fleet {

struct FakeLink final : SessionLink {
    bool send(v1::ControllerMessage message) override {
        if (closed) return false;
        sent.push_back(std::move(message));
        return true;
    }
    void close(const Error& why) override {
        if (!closed) closed = why;
    }
    // The messages of one kind.
    [[nodiscard]] std::vector<v1::ControllerMessage> of(v1::ControllerMessage::KindCase kind) const {
        std::vector<v1::ControllerMessage> found;
        for (const auto& message : sent) {
            if (message.kind_case() == kind) found.push_back(message);
        }
        return found;
    }
    std::vector<v1::ControllerMessage> sent;
    std::optional<Error> closed;
};

struct FakeTrust final : TrustSource {
    std::int64_t version = 1;
    std::int64_t current_version() const override { return version; }
    Result<std::string> text(std::int64_t v) const override { return "trust " + std::to_string(v); }
};

struct FakeReports final : RecordSink, dispatch::AgentEvents {
    explicit FakeReports(ledger::Ledger& l) : ledger(l) {}
    Status accept(const AgentId&, std::vector<VerifiedRecord> records) override {
        if (failure) return *failure;
        std::vector<ledger::PendingEntry> entries;
        for (const VerifiedRecord& record : records) entries.push_back(record.entry);
        SB_CHECK(ledger.append(entries));
        accepted += records.size();
        return {};
    }
    void agent_ready(const AgentId&) override { log.push_back("ready"); }
    void agent_gone(const AgentId&, const std::string& why) override { log.push_back("gone: " + why); }
    void execute_answered(const AgentId& agent, const dispatch::ExecuteAnswer& a) override {
        log.push_back("execute " + agent.str() + " " + a.dispatch_id + " " + a.refusal);
    }
    void query_answered(const AgentId& agent, const dispatch::QueryAnswer& a) override {
        log.push_back("query " + agent.str() + " " + a.dispatch_id);
    }
    ledger::Ledger& ledger;
    std::optional<Error> failure;
    std::size_t accepted = 0;
    std::vector<std::string> log;
};

class Fleet : public testing::Test {
  protected:
    Fleet() {
        EXPECT_TRUE(ledger.open().ok());
        sessions.connect(reports, reports);
        store.put(info);
    }

    static AgentId id_of(int number) {
        return AgentId("00000000-0000-4000-8000-00000000000" + std::to_string(number));
    }
    std::shared_ptr<FakeLink> open(const AgentId& id) {
        auto link = std::make_shared<FakeLink>();
        sessions.opened(id, link);
        strand.run_ready();
        return link;
    }
    v1::AgentMessage hello(std::uint64_t oldest, std::uint64_t next, std::uint64_t pinned = 0) const {
        v1::AgentMessage message;
        v1::Hello& h = *message.mutable_hello();
        h.set_executor_connected(true);
        h.set_nonce("nonce");
        h.set_trust_version(1);
        h.set_oldest_seq(oldest);
        h.set_next_seq(next);
        h.set_pinned_size(pinned);
        return message;
    }
    std::shared_ptr<FakeLink> connect() {
        auto link = open(agent);
        receive(link, hello(1, 1));
        return link;
    }
    void receive(const std::shared_ptr<FakeLink>& link, v1::AgentMessage message) {
        sessions.received(agent, link.get(), std::move(message));
        strand.run_ready();
    }
    void hand_in(const std::shared_ptr<FakeLink>& link, std::int64_t seq, const std::string& envelope) {
        v1::AgentMessage message;
        v1::Record& record = *message.mutable_records()->add_records();
        record.set_seq(static_cast<std::uint64_t>(seq));
        record.set_envelope(envelope);
        receive(link, std::move(message));
    }
    AgentState state() { return (*store.agent(agent).value()).state; }

    ClusterId cluster{"demo"};
    AgentId agent = id_of(1);
    fakes::ManualClock clock;
    fakes::ManualStrand strand{clock};
    crypto::SigningKey ledger_key = crypto::SigningKey::generate();
    support::RecordMaker records{cluster, agent, crypto::SigningKey::generate()};
    AgentInfo info{
        agent, "web-1", "production", "dc1", {}, AgentState::active, {}, records.key().public_key(), {}};
    fakes::FleetStore store;
    fakes::LedgerStore ledger_store;
    ledger::Ledger ledger{cluster, ledger_key, ledger_store, strand, clock};
    FakeTrust trust;
    FakeReports reports{ledger};
    Sessions sessions{{cluster, "test"}, store, ledger, trust, strand, clock, telemetry::Logger::silent()};
};

}  // namespace signalbox::fleet
