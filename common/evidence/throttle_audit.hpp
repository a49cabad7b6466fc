// SPDX-License-Identifier: Apache-2.0
// Recomputes from a ledger alone how many steps were in flight at once. A step holds its slot from the mint
// of its token until a record says that it finished or was interrupted; when it never started, until the
// token can no longer be admitted (its end, and the leniency of clocks) or its host refused it for good. Feed
// it every entry, in order, once its signature held. Pure; one thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/record/record.hpp"

namespace signalbox::evidence {

struct InFlight {
    std::string release, step;
    friend bool operator==(const InFlight&, const InFlight&) = default;
};

// The moment at which a token was minted into a scope.
struct Moment {
    std::uint64_t index = 0;  // of the entry
    Instant at{};
    int in_flight = 0;
    int limit = 0;  // of the scope for this token, then; 0: none
    std::vector<InFlight> steps;
};

struct ScopeAudit {
    std::string scope;
    Moment highest;                  // most in flight; the first time
    std::optional<Moment> exceeded;  // the first time that more were in flight than the limit
    // The first time that more would have been, if steps whose end nobody recorded were still running.
    std::optional<Moment> unproven;
    std::uint64_t tokens = 0;
};

struct ThrottleReport {
    std::vector<ScopeAudit> scopes;  // by name
    std::uint64_t tokens = 0;
    // Started, and no record says how it ended. It counts until the time by which its host must have ended
    // it.
    std::vector<InFlight> never_ended;
    // Of these, whose mint does not say by when they must have ended (it was written before mints did):
    // nobody can say from the ledger when their slots were free again, and nothing is proven.
    std::vector<InFlight> no_run_by;
    // Slots that were given back on the controller's word, without a record of the host.
    std::uint64_t on_word = 0;

    // Every limit was kept, whatever became of the steps that never ended.
    [[nodiscard]] bool kept() const;
};

class ThrottleAudit {
  public:
    // Errors: invalid_argument (an entry of the ledger that does not say what such an entry must say).
    [[nodiscard]] Status add(std::uint64_t index, std::string_view envelope);
    [[nodiscard]] Status add(std::uint64_t index, const record::Decision& decision);
    void add(std::uint64_t index, const record::ActionRecord& record);

    [[nodiscard]] ThrottleReport report() const;

  private:
    struct Token {
        std::uint64_t minted = 0;
        Instant expires{};
        std::optional<Instant> run_by;         // however it ends, and whether anybody says so: over by then
        std::optional<std::uint64_t> refused;  // for good
        bool started = false;                  // its host began with this very token
    };
    struct Attempt {
        std::string release, step;
        std::map<std::string, Token> tokens;  // by jti
        std::string newest;                   // jti
        std::vector<std::string> scopes;
        std::uint64_t first_mint = 0;
        bool started = false;
        std::optional<std::uint64_t> ended;
        bool by_record = false;  // its end, or its refusal, is signed by its host
    };
    struct Mint {
        std::uint64_t index = 0;
        Instant at{};
        std::size_t attempt = 0;
        std::map<std::string, int> limits;
    };
    class Sweep;

    [[nodiscard]] Status minted(std::uint64_t index, const json::Json& data);
    [[nodiscard]] Status answered(std::uint64_t index, const json::Json& data);
    [[nodiscard]] Attempt* find(const json::Json& data);

    std::vector<Attempt> attempts_;
    std::map<std::tuple<std::string, std::string, std::int64_t>, std::size_t> by_name_;
    std::map<std::string, std::size_t> by_jti_;
    std::map<std::string, std::string> jti_by_token_;  // by the token's digest
    std::vector<Mint> mints_;
};

}  // namespace signalbox::evidence
