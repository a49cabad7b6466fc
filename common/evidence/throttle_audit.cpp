// SPDX-License-Identifier: Apache-2.0
#include "common/evidence/throttle_audit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "common/trust/trust_file.hpp"

namespace signalbox::evidence {
namespace {

// After these refusals the same token may still be admitted.
constexpr std::array<std::string_view, 8> kMayComeAgain{"R_EARLY",  "R_CLOCK", "R_WINDOW", "R_TRUST",
                                                        "R_REPLAY", "R_BUSY",  "R_DONE",   "R_ATTEMPTS"};

// So long after its end a token may still be admitted: its host is lenient, and its clock may be behind.
constexpr Duration kLenient = 2 * trust::kMaxSkew;

bool is_final(std::string_view code) {
    if (code.starts_with("refused:")) code.remove_prefix(8);
    return code.starts_with("R_") &&
           std::find(kMayComeAgain.begin(), kMayComeAgain.end(), code) == kMayComeAgain.end();
}

std::string text_of(const json::Json& data, const char* key) {
    const auto found = data.find(key);
    return found == data.end() || !found->is_string() ? std::string() : found->get<std::string>();
}

std::int64_t number_of(const json::Json& data, const char* key) {
    const auto found = data.find(key);
    return found == data.end() || !found->is_number_integer() ? 0 : found->get<std::int64_t>();
}

Error wrong(std::string what) {
    return {Code::invalid_argument, std::move(what), "Verify the export: signalbox ledger verify"};
}

}  // namespace

bool ThrottleReport::kept() const {
    return no_run_by.empty() && std::none_of(scopes.begin(), scopes.end(), [](const ScopeAudit& scope) {
               return scope.exceeded || scope.unproven;
           });
}

Status ThrottleAudit::add(std::uint64_t index, std::string_view envelope) {
    SB_TRY(const record::Opened opened, record::open(envelope));
    if (opened.predicate_type == record::kDecisionPredicate) {
        SB_TRY(const record::Decision decision, record::parse_decision(opened.envelope.payload));
        return add(index, decision);
    }
    SB_TRY(const record::ActionRecord action, record::parse_action_record(opened.envelope.payload));
    add(index, action);
    return {};
}

Status ThrottleAudit::add(std::uint64_t index, const record::Decision& decision) {
    if (decision.kind != "token_minted" && decision.kind != "release_event") return {};
    const std::string event = text_of(decision.data, "event");
    if (event == "minted") return minted(index, decision.data);
    return answered(index, decision.data);
}

Status ThrottleAudit::minted(std::uint64_t index, const json::Json& data) {
    Mint mint;
    mint.index = index;
    SB_TRY(mint.at, parse_rfc3339(text_of(data, "at")).with_context("at"));
    SB_TRY(const Instant expires, parse_rfc3339(text_of(data, "expires")).with_context("expires"));
    std::optional<Instant> run_by;
    if (data.contains("run_by")) {
        SB_TRY(run_by, parse_rfc3339(text_of(data, "run_by")).with_context("run_by"));
    }
    const std::string release = text_of(data, "release_id");
    const std::string step = text_of(data, "step_id");
    const std::string jti = text_of(data, "jti");
    const auto scopes = data.find("scopes");
    if (release.empty() || step.empty() || jti.empty() || scopes == data.end() || !scopes->is_object()) {
        return wrong("a minted token that does not name its step, its number or its scopes");
    }
    for (const auto& [scope, limit] : scopes->items()) {
        if (!limit.is_number_integer() || limit < 0) return wrong("a limit that is no number");
        mint.limits[scope] = limit.get<int>();
    }
    const auto [place, fresh] =
        by_name_.try_emplace({release, step, number_of(data, "attempt")}, attempts_.size());
    if (fresh) attempts_.push_back({release, step, {}, {}, {}, index, false, {}, false});
    mint.attempt = place->second;
    Attempt& attempt = attempts_[mint.attempt];
    const auto [token, added] = attempt.tokens.try_emplace(jti, Token{index, expires, run_by, {}, false});
    if (added && !by_jti_.try_emplace(jti, mint.attempt).second) return wrong("two tokens with one number");
    attempt.newest = jti;
    jti_by_token_[text_of(data, "token_sha256")] = jti;
    for (const auto& [scope, limit] : mint.limits) {
        if (std::find(attempt.scopes.begin(), attempt.scopes.end(), scope) == attempt.scopes.end())
            attempt.scopes.push_back(scope);
    }
    mints_.push_back(std::move(mint));
    return {};
}

ThrottleAudit::Attempt* ThrottleAudit::find(const json::Json& data) {
    const auto found =
        by_name_.find({text_of(data, "release_id"), text_of(data, "step_id"), number_of(data, "attempt")});
    return found == by_name_.end() ? nullptr : &attempts_[found->second];
}

// What the host told the controller; its own record says it too, later perhaps.
Status ThrottleAudit::answered(std::uint64_t index, const json::Json& data) {
    const std::string event = text_of(data, "event");
    if (event == "execute_answered") {
        Attempt* attempt = find(data);
        const bool final = text_of(data, "answer") == "refused" && is_final(text_of(data, "code"));
        if (attempt == nullptr || !final) return {};
        Token& token = attempt->tokens.at(attempt->newest);
        token.refused = std::min(token.refused.value_or(index), index);
    }
    if (event != "query_answered") return {};
    if (text_of(data, "found") == "done") {
        if (Attempt* attempt = find(data)) attempt->ended = std::min(attempt->ended.value_or(index), index);
        return {};
    }
    // It never ran, and never will: the host was started again since its token was made. Such an answer names
    // no attempt: the newest one is meant.
    const auto dead = data.find("token_dead");
    if (text_of(data, "found") != "never" || dead == data.end() || *dead != true) return {};
    const std::string release = text_of(data, "release_id");
    const std::string step = text_of(data, "step_id");
    for (auto attempt = attempts_.rbegin(); attempt != attempts_.rend(); ++attempt) {
        if (attempt->release != release || attempt->step != step) continue;
        for (auto& [jti, token] : attempt->tokens)
            token.refused = std::min(token.refused.value_or(index), index);
        break;
    }
    return {};
}

void ThrottleAudit::add(std::uint64_t index, const record::ActionRecord& record) {
    // A token that its host could not verify is named by its digest alone.
    std::string jti = record.jti.value_or("");
    if (jti.empty() && record.token_sha256) {
        const auto named = jti_by_token_.find(record.token_sha256->hex());
        if (named != jti_by_token_.end()) jti = named->second;
    }
    const auto found = by_jti_.find(jti);
    if (found == by_jti_.end()) return;
    Attempt& attempt = attempts_[found->second];
    switch (record.kind) {
        case record::Kind::started:
            attempt.started = attempt.tokens.at(jti).started = true;
            break;
        case record::Kind::finished:
        case record::Kind::interrupted:
            attempt.ended = std::min(attempt.ended.value_or(index), index);
            attempt.by_record = true;
            break;
        case record::Kind::refused: {
            if (!record.outcome || !is_final(record.outcome->code)) break;
            Token& token = attempt.tokens.at(jti);
            token.refused = std::min(token.refused.value_or(index), index);
            attempt.by_record = true;
            break;
        }
        default:
            break;
    }
}

// Goes through the mints in order. Nothing else takes a slot, so the numbers are highest right after one.
class ThrottleAudit::Sweep {
  public:
    explicit Sweep(const ThrottleAudit& audit) : audit_(audit) {}

    std::vector<ScopeAudit> run() {
        for (const Mint& mint : audit_.mints_) {
            std::erase_if(active_, [&](std::size_t a) { return !holds(audit_.attempts_[a], mint); });
            // A token that is sent again, or another one for the same attempt, takes nothing more.
            const bool takes = std::find(active_.begin(), active_.end(), mint.attempt) == active_.end();
            if (takes) active_.push_back(mint.attempt);
            for (const auto& [scope, limit] : mint.limits) look(scope, limit, mint, takes);
        }
        std::vector<ScopeAudit> out;
        for (auto& [name, scope] : scopes_) out.push_back(std::move(scope));
        return out;
    }

  private:
    [[nodiscard]] static bool holds(const Attempt& attempt, const Mint& mint) {
        if (attempt.ended && *attempt.ended <= mint.index) return false;
        return std::any_of(attempt.tokens.begin(), attempt.tokens.end(), [&](const auto& item) {
            const Token& token = item.second;
            if (token.minted > mint.index) return false;  // an earlier one may have come to nothing
            // Its outcome may never be heard of. The controller gives the slot back at the same time.
            if (token.started) return !token.run_by || mint.at < *token.run_by;
            return mint.at < token.expires + kLenient && !(token.refused && *token.refused <= mint.index);
        });
    }

    void look(const std::string& scope, int limit, const Mint& mint, bool takes) {
        ScopeAudit& out = scopes_[scope];
        out.scope = scope;
        ++out.tokens;
        // A step counts once, whatever became of its earlier attempts.
        std::set<std::pair<std::string, std::string>> all, certain;
        for (const std::size_t a : active_) {
            const Attempt& attempt = audit_.attempts_[a];
            const auto& in = attempt.scopes;
            if (std::find(in.begin(), in.end(), scope) == in.end()) continue;
            all.emplace(attempt.release, attempt.step);
            if (!attempt.started || attempt.ended || a == mint.attempt)
                certain.emplace(attempt.release, attempt.step);
        }
        const auto moment = [&](const auto& steps) {
            Moment at{mint.index, mint.at, static_cast<int>(steps.size()), limit, {}};
            for (const auto& [release, step] : steps) at.steps.push_back({release, step});
            return at;
        };
        if (static_cast<int>(all.size()) > out.highest.in_flight) out.highest = moment(all);
        if (limit == 0 || !takes) return;
        if (static_cast<int>(certain.size()) > limit) {
            if (!out.exceeded) out.exceeded = moment(certain);
        } else if (static_cast<int>(all.size()) > limit && !out.unproven) {
            out.unproven = moment(all);
        }
    }

    const ThrottleAudit& audit_;
    std::vector<std::size_t> active_;
    std::map<std::string, ScopeAudit> scopes_;
};

ThrottleReport ThrottleAudit::report() const {
    ThrottleReport out;
    out.scopes = Sweep(*this).run();
    out.tokens = by_jti_.size();
    for (const Attempt& attempt : attempts_) {
        if (attempt.started && !attempt.ended) {
            out.never_ended.push_back({attempt.release, attempt.step});
            const bool unsaid =
                std::any_of(attempt.tokens.begin(), attempt.tokens.end(),
                            [](const auto& item) { return item.second.started && !item.second.run_by; });
            if (unsaid) out.no_run_by.push_back({attempt.release, attempt.step});
        }
        const bool refused = std::any_of(attempt.tokens.begin(), attempt.tokens.end(),
                                         [](const auto& item) { return item.second.refused.has_value(); });
        if ((attempt.ended || refused) && !attempt.by_record) ++out.on_word;
    }
    return out;
}

}  // namespace signalbox::evidence
