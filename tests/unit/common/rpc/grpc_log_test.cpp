// SPDX-License-Identifier: Apache-2.0
#include "common/rpc/grpc_log.hpp"

#include <gmock/gmock.h>
#include <grpc/support/log.h>

#include "tests/fakes/manual_clock.hpp"

namespace signalbox::rpc {
namespace {

using testing::HasSubstr;

// Garbage on a port must not fill a disk.
TEST(GrpcLog, IsStructuredAndWritesSoManyLinesAMinuteAndCountsTheRest) {
    gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR);  // as grpc_init() has it
    std::vector<std::string> lines;
    fakes::ManualClock clock;
    const telemetry::Logger log(telemetry::Level::info, telemetry::Format::logfmt,
                                [&](std::string_view line) { lines.emplace_back(line); });
    {
        const GrpcLog grpc(log, clock);
        for (int i = 0; i < 1000; ++i) gpr_log(GPR_ERROR, "Handshake failed\nwith garbage %d", i);
        ASSERT_EQ(lines.size(), GrpcLog::kLinesPerMinute);
        EXPECT_THAT(lines[0], HasSubstr("gRPC says"));
        EXPECT_THAT(lines[0], HasSubstr("Handshake failed\\nwith garbage 0"));
        EXPECT_THAT(lines[0], HasSubstr("grpc_log_test.cpp:"));
        clock.advance(std::chrono::minutes(1));
        gpr_log(GPR_ERROR, "again");
        ASSERT_EQ(lines.size(), GrpcLog::kLinesPerMinute + 2);
        EXPECT_THAT(lines[lines.size() - 2], HasSubstr("lines=990"));
    }
    gpr_log(GPR_DEBUG, "nobody listens");
    EXPECT_EQ(lines.size(), GrpcLog::kLinesPerMinute + 2);
}

}  // namespace
}  // namespace signalbox::rpc
