// SPDX-License-Identifier: Apache-2.0
#include "controller/witness/witness.hpp"

#include <fmt/format.h>

#include "common/merkle/cosignature.hpp"

namespace signalbox::witness {

Answer Witness::add_checkpoint(std::string_view body) {
    const std::lock_guard lock(mutex_);
    auto given = answer(body);
    if (given) return *std::move(given);
    tell_("ALARM cannot cosign: " + given.error().to_string());
    return {503, "text/plain; charset=utf-8", "the witness cannot keep what it cosigns\n"};
}

Result<Answer> Witness::answer(std::string_view body) {
    SB_TRY(const Verdict verdict,
           judge(body, logs_, [this](const std::string& origin) { return state_.seen(origin); }));
    Answer out;
    out.status = verdict.status;
    if (verdict.accepted) {
        const std::string line = merkle::cosign(verdict.note_text, state_.name(), state_.key(), clock_.now());
        // Durable before the cosignature leaves, or a crash would let a fork through.
        SB_CHECK(state_.remember(verdict.accepted->origin, verdict.note_text + "\n" + line));
        tell_(fmt::format("cosigned {} with {} entries", verdict.accepted->origin, verdict.accepted->size));
        out.body = line;
        return out;
    }
    if (verdict.suspicious) raise(verdict, body);
    out.body = verdict.why + "\n";
    if (verdict.size) {
        out.content_type = "text/x.tlog.size";
        out.body = fmt::format("{}\n", *verdict.size);
    }
    return out;
}

void Witness::raise(const Verdict& verdict, std::string_view body) {
    const auto kept = state_.keep_evidence(body);
    tell_(fmt::format("ALARM signed by the log, and not cosigned: {}; {}", verdict.why,
                      kept ? "kept in " + *kept : "not kept: " + kept.error().to_string()));
}

}  // namespace signalbox::witness
