// SPDX-License-Identifier: Apache-2.0
// Records out, receipts in, alarms.
#include <fmt/format.h>

#include <algorithm>

#include "agent/executor/app/executor.hpp"
#include "common/evidence/trusted_checkpoint.hpp"
#include "common/os/failpoint.hpp"

namespace signalbox::executor {
namespace {

constexpr std::int64_t kMaxRecords = 256;
constexpr std::size_t kMaxReplyBytes = std::size_t{2} << 20;

}  // namespace

Result<ipc::Reply> Executor::on(const ipc::RecordsRequest& request) {
    const std::int64_t max = std::clamp<std::int64_t>(request.max, 1, kMaxRecords);
    SB_TRY(auto rows, parts_.journal->outbox(request.after_seq, max, kMaxReplyBytes));
    ipc::RecordsReply reply;
    for (auto& row : rows)
        reply.records.push_back({row.seq, std::move(row.envelope), std::move(row.out), std::move(row.err)});
    return ipc::Reply(std::move(reply));
}

Result<ipc::Reply> Executor::on(const ipc::ReceiptsRequest& request) {
    SB_CHECK(require_identity());
    std::vector<journal::Receipt> receipts;
    for (const auto& item : request.items) {
        if (item.seq < 1 || item.index < 0)
            return Error(Code::invalid_argument,
                         fmt::format("receipt of record {} at {}", item.seq, item.index));
        receipts.push_back({item.seq, static_cast<std::uint64_t>(item.index), item.proof});
    }
    auto checkpoint = evidence::by_any_ledger_key(request.checkpoint, *trust_);
    if (!checkpoint) {
        alarm("checkpoint_refused", checkpoint.error());
        return std::move(checkpoint).error().with_context("receipts");
    }
    os::failpoint("executor.receipts_presented");
    auto acked =
        parts_.journal->accept_receipts(*checkpoint, request.consistency, receipts, parts_.key->public_key());
    if (!acked) {
        if (acked.error().code() == Code::refused) alarm("checkpoint_refused", acked.error());
        if (acked.error().code() == Code::conflict) alarm("ledger_forked", acked.error());
        return std::move(acked).error().with_context("receipts");
    }
    freshness_.saw(checkpoint->size, parts_.clock->boot());
    os::failpoint("executor.receipts_accepted");
    return ipc::Reply(ipc::ReceiptsReply{*acked});
}

// Signed evidence that somebody showed us what does not verify; the same thing again is not recorded again.
void Executor::alarm(const std::string& code, const Error& error) {
    parts_.log.error("alarm", {{"code", code}, {"error", error}});
    const std::string what = code + error.message();
    if (what == last_alarm_) return;
    last_alarm_ = what;
    if (!alarms_.admit(code, parts_.clock->boot())) return;
    record::ActionRecord record = recorder_->make(record::Kind::observed);
    record.outcome.emplace();
    record.outcome->code = code;
    record.outcome->detail = detail_line(error.message());
    append(std::move(record));
}

}  // namespace signalbox::executor
