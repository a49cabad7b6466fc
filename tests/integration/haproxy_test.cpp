// SPDX-License-Identifier: Apache-2.0
// traffic.shift against a real HAProxy.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <fstream>

#include "agent/executor/actions/traffic_shift/runtime_socket.hpp"
#include "agent/executor/actions/traffic_shift/runtime_text.hpp"
#include "agent/executor/actions/traffic_shift/shift.hpp"
#include "common/os/process.hpp"
#include "common/os/temp_directory.hpp"

namespace signalbox::actions {
namespace {

using ::testing::HasSubstr;

constexpr const char* kHaproxy = "/usr/sbin/haproxy";

class Haproxy : public ::testing::Test {
  protected:
    void SetUp() override {
        ASSERT_EQ(::access(kHaproxy, X_OK), 0) << "install haproxy (installers/dependencies.sh)";
        std::ofstream(folder.file("haproxy.cfg"))
            << "global\n  stats socket " << socket() << " level admin mode 600\n  maxconn 16\n"
            << "defaults\n  mode tcp\n  timeout connect 1s\n  timeout client 1s\n  timeout server 1s\n"
            << "backend web\n  server blue 127.0.0.1:9 weight 100\n  server green 127.0.0.1:9 weight 0\n";
        os::SpawnOptions options;
        options.argv = {kHaproxy, "-db", "-f", folder.file("haproxy.cfg")};
        haproxy.emplace(os::spawn(options).value());
        for (int i = 0; i < 1000 && !ask_haproxy(socket(), "show info", std::chrono::seconds(1)).ok(); ++i)
            ::poll(nullptr, 0, 10);
    }
    std::string socket() const { return folder.file("admin.sock"); }
    StepResult shift(Weights weights, Weights expect, std::chrono::seconds drain = {},
                     std::string backend = "web") {
        StepContext context;
        context.clock = &clock;
        context.deadline = clock.boot() + std::chrono::seconds(20);
        context.cancel = &cancel;
        context.pause = [](Duration) { return ::poll(nullptr, 0, 5) == 0; };
        return perform_body(TrafficShift{HaproxyTraffic{socket(), std::move(backend)}, std::move(weights),
                                         std::move(expect), drain},
                            context);
    }
    Weights now() {
        return parse_servers_state(
                   ask_haproxy(socket(), "show servers state web", std::chrono::seconds(5)).value(), "web")
            .value();
    }

    os::TempDirectory folder = std::move(os::TempDirectory::make()).value();
    std::optional<os::Child> haproxy;
    SystemClock clock;
    std::atomic<bool> cancel{false};
};

TEST_F(Haproxy, traffic_moves_and_is_read_back) {
    const StepResult result =
        shift({{"blue", 0}, {"green", 100}}, {{"blue", 100}, {"green", 0}}, std::chrono::seconds(1));
    EXPECT_EQ(result.code, "ok") << result.detail;
    EXPECT_THAT(result.detail, HasSubstr("was blue=100 green=0; is blue=0 green=100"));
    EXPECT_NE(result.before, result.after);
    EXPECT_EQ(now(), (Weights{{"blue", 0}, {"green", 100}}));
    EXPECT_EQ(shift({{"blue", 0}, {"green", 100}}, {{"blue", 100}}).code, "nothing_to_do");
    EXPECT_EQ(shift({{"blue", 100}, {"green", 0}}, {}).code, "ok");
    EXPECT_EQ(now(), (Weights{{"blue", 100}, {"green", 0}}));
}

TEST_F(Haproxy, other_weights_than_the_plan_assumed_change_nothing) {
    const StepResult result = shift({{"blue", 0}, {"green", 100}}, {{"blue", 0}, {"green", 100}});
    EXPECT_EQ(result.code, "unchanged");
    EXPECT_THAT(result.detail, HasSubstr("not as the plan assumed"));
    EXPECT_EQ(now(), (Weights{{"blue", 100}, {"green", 0}}));
}

TEST_F(Haproxy, what_is_not_there_is_named) {
    EXPECT_THAT(shift({{"blue", 1}}, {}, {}, "nothing").detail, HasSubstr("no backend 'nothing'"));
    EXPECT_EQ(shift({{"red", 1}}, {}).code, "unchanged");
}

}  // namespace
}  // namespace signalbox::actions
