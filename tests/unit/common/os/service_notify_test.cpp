// SPDX-License-Identifier: Apache-2.0
#include "common/os/service_notify.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>

#include "common/os/temp_directory.hpp"
#include "common/os/unique_fd.hpp"

namespace signalbox::os {
namespace {

TEST(ServiceNotifyTest, SaysTheStateToTheManagersSocket) {
    const auto directory = TempDirectory::make().value();
    const std::string path = directory.file("notify");
    const UniqueFd manager(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    ASSERT_EQ(::bind(manager.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    const Status sent = notify_service_manager("READY=1\nSTATUS=serving");
    ::unsetenv("NOTIFY_SOCKET");
    ASSERT_TRUE(sent.ok());
    std::array<char, 100> got{};
    const auto size = ::recv(manager.get(), got.data(), got.size(), MSG_DONTWAIT);
    ASSERT_GT(size, 0);
    EXPECT_EQ(std::string(got.data(), static_cast<std::size_t>(size)), "READY=1\nSTATUS=serving");
}

TEST(ServiceNotifyTest, WithoutAManagerItIsSilentAndWithABrokenOneItSaysSo) {
    ::unsetenv("NOTIFY_SOCKET");
    EXPECT_TRUE(notify_service_manager("READY=1").ok());
    ::setenv("NOTIFY_SOCKET", "/nobody/listens/here", 1);
    EXPECT_FALSE(notify_service_manager("READY=1").ok());
    ::setenv("NOTIFY_SOCKET", "relative", 1);
    EXPECT_FALSE(notify_service_manager("READY=1").ok());
    ::unsetenv("NOTIFY_SOCKET");
}

TEST(ServiceNotifyTest, TheWatchdogIsOursOnlyWithOurProcessId) {
    ::setenv("WATCHDOG_USEC", "30000000", 1);
    EXPECT_EQ(watchdog_interval(), std::chrono::seconds(30));
    ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
    EXPECT_EQ(watchdog_interval(), std::chrono::seconds(30));
    ::setenv("WATCHDOG_PID", "1", 1);
    EXPECT_EQ(watchdog_interval(), std::nullopt);
    ::unsetenv("WATCHDOG_PID");
    ::setenv("WATCHDOG_USEC", "soon", 1);
    EXPECT_EQ(watchdog_interval(), std::nullopt);
    ::unsetenv("WATCHDOG_USEC");
}

}  // namespace
}  // namespace signalbox::os
