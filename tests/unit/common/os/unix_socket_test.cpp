// SPDX-License-Identifier: Apache-2.0
#include "common/os/unix_socket.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "common/os/fd_passing.hpp"
#include "common/os/file.hpp"
#include "common/os/temp_directory.hpp"

namespace signalbox::os {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

class UnixSocketTest : public ::testing::Test {
  protected:
    TempDirectory directory_ = TempDirectory::make().value();
    std::string path_ = directory_.file("socket");
};

TEST_F(UnixSocketTest, KnowsWhoConnectedAndPassesAnOpenFile) {
    const auto listener = listen_unix(path_);
    ASSERT_TRUE(listener.ok());
    EXPECT_EQ(fs::status(path_).permissions(), fs::perms::owner_read | fs::perms::owner_write);
    const auto client = connect_unix(path_);
    ASSERT_TRUE(client.ok());
    auto accepted = accept_unix(listener->get(), milliseconds(1000));
    ASSERT_TRUE(accepted.ok() && accepted->has_value());
    const UniqueFd server = std::move(**accepted);
    const auto peer = peer_credentials(server.get());
    ASSERT_TRUE(peer.ok());
    EXPECT_EQ(peer->uid, own_uid());
    EXPECT_EQ(peer->pid, ::getpid());

    const std::string content_path = directory_.file("artifact");
    std::ofstream(content_path) << "the artifact";
    const auto file = open_for_reading(content_path);
    fs::remove(content_path);
    const std::array fds{file->get()};
    ASSERT_TRUE(send_with_fds(client->get(), "frame", fds).ok());
    std::array<char, 64> buffer{};
    std::vector<UniqueFd> received;
    const auto got = receive_with_fds(server.get(), buffer, received);
    ASSERT_TRUE(got.ok());
    EXPECT_EQ(std::string(buffer.data(), *got), "frame");
    ASSERT_EQ(received.size(), 1U);
    EXPECT_EQ(read_all(received[0].get(), 100, "passed").value(), "the artifact");
    EXPECT_NE(::fcntl(received[0].get(), F_GETFD) & FD_CLOEXEC, 0);

    shut_down(client->get());
    EXPECT_EQ(receive_with_fds(server.get(), buffer, received).value(), 0U);
    EXPECT_FALSE(send_with_fds(client->get(), "x").ok()) << "an error, not SIGPIPE";
}

TEST_F(UnixSocketTest, ReplacesADeadSocketButNeitherALiveOneNorAFile) {
    { ASSERT_TRUE(listen_unix(path_).ok()); }
    const auto again = listen_unix(path_);
    ASSERT_TRUE(again.ok()) << "left by a crash";
    EXPECT_EQ(listen_unix(path_).error().code(), Code::conflict);
    const std::string file = directory_.file("precious");
    std::ofstream(file) << "x";
    EXPECT_EQ(listen_unix(file).error().code(), Code::already_exists);
    EXPECT_TRUE(fs::exists(file));
}

TEST_F(UnixSocketTest, NamesWhatIsWrong) {
    EXPECT_EQ(connect_unix(path_).error().code(), Code::not_found);
    EXPECT_EQ(listen_unix(directory_.file(std::string(120, 'x'))).error().code(), Code::invalid_argument);
    const auto listener = listen_unix(path_);
    EXPECT_FALSE(accept_unix(listener->get(), milliseconds(0)).value().has_value());
    const auto pair = socket_pair();
    ASSERT_TRUE(pair.ok());
    EXPECT_EQ(send_with_fds(pair->first.get(), "").error().code(), Code::invalid_argument);
}

}  // namespace
}  // namespace signalbox::os
