// SPDX-License-Identifier: Apache-2.0
#include "controller/app/domain.hpp"

#include <map>

#include "common/base/version.hpp"
#include "common/crypto/digest.hpp"
#include "common/pki/certificate.hpp"

namespace signalbox::app {
namespace {

constexpr auto kDeniedEvery = std::chrono::minutes(10);

fleet::SessionSettings session_settings(const ClusterId& cluster) {
    fleet::SessionSettings settings;
    settings.cluster = cluster;
    settings.version = std::string(program_version());
    return settings;
}

// Service -> version, as far as our own steps put it there; for the list of agents.
fleet::ReleasesOf releases_of(dispatch::ReleaseStore& store) {
    return [&store](const AgentId& agent) {
        std::map<std::string, std::string> out;
        const auto placements = store.placements();
        if (!placements) return out;
        for (const auto& host : placements->hosts) {
            if (host.agent_id == agent) out[host.service] = host.version;
        }
        return out;
    };
}

}  // namespace

Domain::Domain(DomainParts p)
    : log_(p.log),
      clock_(p.clock),
      authority_(p.authority),
      token_keys_(p.keys.token),
      ledger_keys_(p.keys.ledger),
      health_(p.data.path()),
      ledger_(p.data.cluster(), p.keys.ledger.first_listed(p.authority.current()), p.storage.ledger(),
              p.strand, p.clock),
      cosigners_(cosigner_parts(p), std::move(p.witnesses)),
      access_(p.storage.access(), ledger_, p.random, p.clock),
      trust_(p.authority, p.keys.token, p.clock),
      sessions_(session_settings(p.data.cluster()), p.storage.fleet(), ledger_, trust_, p.strand, p.clock,
                p.log.with({{"part", "fleet"}})),
      agent_ca_(p.data.cluster(), p.ca, p.random),
      enroller_(p.data.cluster(), p.storage.fleet(), ledger_, trust_, agent_ca_, p.random,
                p.log.with({{"part", "enrolment"}})),
      returns_(p.data.cluster(), p.storage.fleet(), ledger_, agent_ca_, p.random,
               p.log.with({{"part", "enrolment"}})),
      blobs_(p.data.blobs()),
      agent_rpc_(p.data.cluster(), sessions_, enroller_, returns_, p.storage.fleet(), agent_ca_, blobs_,
                 p.strand, p.clock, p.log.with({{"part", "fleet"}})),
      foreign_calls_(p.data.cluster(), sessions_, p.strand),
      authority_change_(
          {p.ca, sessions_, p.storage.fleet(), ledger_, p.strand, p.clock, p.log.with({{"part", "fleet"}})}),
      fleet_(p.address, sessions_, p.storage.fleet(), ledger_, trust_, p.random, p.clock,
             releases_of(p.storage.releases())),
      git_({p.data.estate(), p.data.estate() + "/ssh_key", p.data.estate() + "/git-credentials"}, p.clock),
      estate_({p.strand, p.side, git_, p.storage.source(), ledger_.sealer(), p.clock}),
      artifacts_({p.strand, p.side, p.blobs, p.storage.artifacts(), git_, p.fetcher, p.clock}),
      secrets_(p.storage.secrets(), p.keys.secrets, ledger_, p.random, p.clock),
      planner_({p.data.cluster(), estate_, p.storage.fleet(), p.storage.artifacts(), p.storage.releases(),
                secrets_, trust_}),
      engine_({p.storage.releases(), ledger_.sealer(), sessions_, trust_, p.strand, p.clock, p.random,
               gate::standard_gates(), p.log.with({{"part", "release"}}), [this] { ledger_.appended(); },
               [this] { health_.replaced(); }, &secrets_}),
      release_api_({engine_, planner_, p.storage.releases(), trust_, ledger_.sealer(), p.strand,
                    [this](const ledger::EntryQuery& query) { return ledger_.entries(query); }}),
      trust_api_(p.authority, ledger_, p.keys.token, p.keys.ledger, p.clock),
      ledger_api_(ledger_, cosigners_),
      status_api_(p.authority, ledger_, status_sources()) {
    // Any store's commit that appended to the ledger is followed by a checkpoint.
    p.storage.on_append([this] { ledger_.appended(); });
    ledger_.on_checkpoint([this](const ledger::SignedCheckpoint&) { health_.ledger_well(); });
    ledger_.on_trouble([this](const Error& error) {
        health_.ledger_trouble(error);
        log_.error("the ledger cannot be continued", {{"error", error}});
    });
    // Records and answers of agents feed the engine.
    sessions_.connect(engine_, engine_);
    enroller_.on_copied([this](const AgentId& agent, const std::string& why, const json::Json& proof) {
        const Status done =
            sessions_.set_state(agent, fleet::AgentState::quarantined, why, "controller", proof);
        if (!done) log_.error("cannot quarantine", {{"agent", agent}, {"error", done.error()}});
    });
    // What approvers take back reaches the hosts that could run it.
    sessions_.know_withdrawals(
        [this](const std::string& environment) { return engine_.withdrawals_for(environment); });
    engine_.on_withdrawal([this](const dispatch::StoredWithdrawal& withdrawal) {
        sessions_.withdrawn(withdrawal.environment, withdrawal.envelope);
    });
    authority_change_.on_retired([this, &ca = p.ca] {
        if (auto der = pki::pem_to_der(ca.present().certificate_pem())) fleet_.set_ca(to_bytes(*der));
    });
    // A new trust file reaches every host, and may fill or empty gates.
    p.authority.on_published([this] {
        log_.info("trust file published", {{"version", authority_.current().version}});
        read_service_keys();
        sessions_.trust_published();
        engine_.trust_changed();
        warn_of_trust();
    });
}

ledger::Cosigners::Parts Domain::cosigner_parts(const DomainParts& p) {
    return {ledger_,
            [this]() -> const trust::TrustFile& { return authority_.current(); },
            p.strand,
            p.witness_side,
            p.clock,
            [this](const std::string& url, const std::string& what) {
                log_.error("ALARM: a witness has seen another ledger", {{"witness", url}, {"what", what}});
                if (auto kept = ledger_.append("checkpoint_alarm", {{"witness", url}, {"what", what}}); !kept)
                    log_.error("the alarm is not in the ledger", {{"error", kept.error()}});
            },
            [this](const std::string& url, const Error& error) {
                log_.warning("a witness does not cosign", {{"witness", url}, {"error", error}});
            }};
}

Status Domain::open(const std::string& bootstrap_path) {
    // Before a rotation of the ledger's key, and in the middle of one, others than the present one may have
    // signed.
    std::vector<crypto::PublicKey> known;
    for (const auto& held : ledger_keys_.held({})) known.push_back(held.key);
    for (const crypto::KeyId& id : authority_.current().roles.at("ledger").keyids)
        known.push_back(authority_.current().keys.at(id).key);
    SB_CHECK(ledger_.open(known));
    SB_TRY(const auto size, ledger_.size());
    if (size == 0) {
        SB_CHECK(ledger_.append("cluster_initialised",
                                {{"trust_version", authority_.current().version},
                                 {"trust_sha256", crypto::sha256(authority_.current_text()).hex()}}));
    }
    read_service_keys();
    SB_CHECK(access_.import_bootstrap(bootstrap_path));
    SB_CHECK(estate_.open());
    SB_CHECK(engine_.open());
    cosigners_.start();
    warn_of_trust();
    return {};
}

// A ledger that does not tell (a trust folder that is newer than the restored store) costs a day, not the
// start.
void Domain::read_service_keys() {
    for (authority::TokenKeys* keys : {&token_keys_, &ledger_keys_}) {
        auto since = authority_.listed_since(keys->role(), ledger_);
        if (!since) {
            log_.error("cannot tell since when keys are listed: they count from now",
                       {{"role", keys->role()}, {"error", since.error()}});
            std::map<crypto::KeyId, Instant> now;
            for (const crypto::KeyId& id : authority_.current().roles.at(keys->role()).keyids)
                now[id] = clock_.now();
            since = std::move(now);
        }
        keys->set_listed(authority_.current(), *since);
    }
    watch_service_keys();
}

void Domain::watch_service_keys() {
    const crypto::SigningKey& signs = ledger_keys_.at(clock_.now());
    ledger_.use_keys(signs, ledger_keys_.listed_besides(signs.public_key().id()));
    tell_key_change("token", token_keys_.at(clock_.now()).public_key().id(), token_kid_);
    tell_key_change("ledger", signs.public_key().id(), ledger_kid_);
}

void Domain::tell_key_change(const std::string& role, const crypto::KeyId& now,
                             std::optional<crypto::KeyId>& before) {
    if (before == now) return;
    if (before) {
        log_.info("another key signs from now on",
                  {{"role", role}, {"kid", now.str()}, {"before", before->str()}});
        const auto kept =
            ledger_.append(role + "_key_changed", {{"kid", now.str()}, {"before", before->str()}});
        if (!kept) log_.error("cannot keep a decision", {{"error", kept.error()}});
    }
    before = now;
}

void Domain::denied(const access::Caller& caller, const std::string& method) {
    log_.error("ALARM: a call beyond its caller's roles", {{"caller", caller.name}, {"method", method}});
    // The log has every one; the ledger must not be filled by whoever holds one key.
    const Instant now = clock_.now();
    const auto before = denied_.find(caller.key_id);
    if (before != denied_.end() && now - before->second < kDeniedEvery) return;
    denied_.insert_or_assign(caller.key_id, now);
    const auto kept =
        ledger_.append("access_denied", {{"by", caller.name}, {"key_id", caller.key_id}, {"method", method}});
    if (!kept) log_.error("cannot keep an alarm", {{"error", kept.error()}});
}

api::Services Domain::services() {
    api::Services out;
    out.status = &status_api_;
    out.access = &access_;
    out.trust = &trust_api_;
    out.fleet = &fleet_;
    out.authority_change = &authority_change_;
    out.estate = &estate_;
    out.artifact = &artifacts_;
    out.release = &release_api_;
    out.ledger = &ledger_api_;
    out.secret = &secrets_;
    return out;
}

api::StatusSources Domain::status_sources() {
    api::StatusSources sources;
    sources.agents = [this]() -> Result<api::StatusSources::Agents> {
        SB_TRY(const auto counts, fleet_.counts());
        return api::StatusSources::Agents{static_cast<std::uint32_t>(counts.online),
                                          static_cast<std::uint32_t>(counts.total)};
    };
    sources.active_releases = [this]() -> Result<std::uint32_t> {
        return static_cast<std::uint32_t>(engine_.state().releases.size());
    };
    sources.estate = [this]() -> Result<api::StatusSources::Estate> {
        SB_TRY(const auto source, estate_.source());
        if (!source) return api::StatusSources::Estate{};
        return api::StatusSources::Estate{source->url, source->ref};
    };
    return sources;
}

void Domain::observe(telemetry::Metrics& metrics) {
    if (const auto size = ledger_.size()) {
        metrics.gauge("signalbox_ledger_entries", "Entries in the ledger.")
            .set(static_cast<std::int64_t>(*size));
    }
    metrics
        .gauge("signalbox_ledger_cosigned_entries",
               "Entries under the newest cosigned checkpoint; 0: none yet.")
        .set(static_cast<std::int64_t>(cosigners_.cosigned_size()));
    metrics.gauge("signalbox_trust_version", "Version of the trust file in force.")
        .set(authority_.current().version);
    metrics.gauge("signalbox_trust_expiry_timestamp_seconds", "When the trust file in force expires.")
        .set(unix_seconds(authority_.current().expires));
    if (const auto counts = fleet_.counts()) {
        metrics.gauge("signalbox_agents", "Enrolled agents, without the banned.")
            .set(static_cast<std::int64_t>(counts->total));
        metrics.gauge("signalbox_agents_online", "Agents with a live session.")
            .set(static_cast<std::int64_t>(counts->online));
    }
    metrics.gauge("signalbox_releases_active", "Releases that have not ended.")
        .set(static_cast<std::int64_t>(engine_.state().releases.size()));
    metrics.gauge("signalbox_ready", "1 when the controller can do its work.").set(health_.ready() ? 1 : 0);
}

void Domain::sign_of_life() {
    const auto size = ledger_.size();
    if (size && *size == size_at_sign_of_life_) {
        if (auto added = ledger_.append("ledger_alive", {{"size", *size}}); !added)
            log_.error("no sign of life in the ledger", {{"error", added.error()}});
    }
    if (const auto now = ledger_.size()) size_at_sign_of_life_ = *now;
}

void Domain::warn_of_trust() const {
    if (const auto warning = authority_.warning(clock_.now())) log_.warning(*warning);
}

}  // namespace signalbox::app
