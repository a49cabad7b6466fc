// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/app/recorder.hpp"

#include <fmt/format.h>

#include "common/json/json.hpp"

namespace signalbox::executor {
namespace {

constexpr std::size_t kMaxDetail = 400;

}  // namespace

record::ActionRecord Recorder::make(record::Kind kind) const {
    record::ActionRecord out;
    out.cluster_id = cluster_;
    out.agent_id = agent_;
    out.boot_id = boot_id_;
    out.time_wall = clock_->now();
    out.time_boot_ns = clock_->boot().count();
    out.kind = kind;
    return out;
}

record::ActionRecord Recorder::about(record::Kind kind, const admission::Verified& verified) const {
    record::ActionRecord out = make(kind);
    out.jti = verified.claims.jti;
    out.token_sha256 = verified.token_sha256;
    out.approval_sha256 = verified.claims.apr;
    out.step_id = verified.claims.stp;
    out.attempt = verified.claims.att;
    out.action_sha256 = verified.claims.adg;
    return out;
}

std::string detail_line(std::string_view text) {
    std::string line(text.substr(0, kMaxDetail));
    for (char& c : line)
        if (c < 32 || c == 127)
            c = '?';  // also every byte of what is not ASCII, on either signedness of char
    for (char& c : line)
        if (static_cast<unsigned char>(c) > 126) c = '?';
    return line;
}

record::Outcome outcome_of(const actions::StepResult& result, Duration took) {
    record::Outcome out;
    out.code = result.code;
    out.exit_status = result.exit_status;
    out.signal = result.signal;
    out.timed_out = result.code == "timed_out";
    out.duration_ms = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
    out.detail = detail_line(result.detail);
    return out;
}

record::Outcome refusal_outcome(const admission::Refusal& refusal) {
    record::Outcome out;
    out.code = fmt::format("refused:{}", admission::name_of(refusal.code));
    out.detail = detail_line(refusal.detail);
    return out;
}

std::string outcome_text(const record::Outcome& outcome) {
    return json::canonical({{"code", outcome.code},
                            {"exit_status", outcome.exit_status},
                            {"signal", outcome.signal},
                            {"timed_out", outcome.timed_out},
                            {"duration_ms", outcome.duration_ms},
                            {"detail", outcome.detail}});
}

}  // namespace signalbox::executor
