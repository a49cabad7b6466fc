// SPDX-License-Identifier: Apache-2.0
#include "common/rpc/grpc_log.hpp"

#include <fmt/format.h>
#include <grpc/support/log.h>

#include <exception>
#include <memory>
#include <mutex>
#include <string_view>

#include "common/telemetry/line_limit.hpp"

namespace signalbox::rpc {
namespace {

struct Target {
    telemetry::Logger log;
    const Clock& clock;
    telemetry::LineLimit limit{GrpcLog::kLinesPerMinute, std::chrono::minutes(1)};
};

// gRPC's callback has no place for a pointer of ours.
std::mutex mutex;
std::unique_ptr<Target> target;

void receive(gpr_log_func_args* said) {
    const std::lock_guard lock(mutex);
    if (!target) return;
    const auto verdict = target->limit.admit(target->clock.boot());
    if (verdict.left_out > 0)
        target->log.warning("lines of gRPC were left out", {{"lines", verdict.left_out}});
    if (!verdict.write) return;
    std::string_view file = said->file == nullptr ? "" : said->file;
    if (const auto slash = file.rfind('/'); slash != std::string_view::npos) file.remove_prefix(slash + 1);
    const std::string_view text = said->message == nullptr ? "" : said->message;
    target->log.warning("gRPC says", {{"text", text}, {"at", fmt::format("{}:{}", file, said->line)}});
}

}  // namespace

GrpcLog::GrpcLog(telemetry::Logger log, const Clock& clock) {
    const std::lock_guard lock(mutex);
    if (target) std::terminate();
    target = std::make_unique<Target>(Target{std::move(log), clock});
    gpr_set_log_function(receive);
}

GrpcLog::~GrpcLog() {
    gpr_set_log_function(nullptr);  // gRPC's own again
    const std::lock_guard lock(mutex);
    target.reset();
}

}  // namespace signalbox::rpc
