// SPDX-License-Identifier: Apache-2.0
#include "common/rpc/accept_loop.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mutex>
#include <vector>

#include "common/os/unique_fd.hpp"
#include "tests/support/eventually.hpp"

namespace signalbox::rpc {
namespace {

// Each address of 127.0.0.0/8 stands for a peer.
os::UniqueFd connect_to(std::uint16_t port, std::uint32_t from = INADDR_LOOPBACK) {
    os::UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in source{};
    source.sin_family = AF_INET;
    source.sin_addr.s_addr = htonl(from);
    if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&source), sizeof source) != 0) return {};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return {};
    return socket;
}

struct Taken {
    std::mutex mutex;
    std::vector<os::UniqueFd> sockets;
    AcceptLoop::Take take() {
        return [this](int, int socket) {
            const std::lock_guard lock(mutex);
            sockets.emplace_back(socket);
        };
    }
    std::size_t count() {
        const std::lock_guard lock(mutex);
        return sockets.size();
    }
    void close_all() {
        const std::lock_guard lock(mutex);
        sockets.clear();
    }
};

TEST(AcceptLoop, KeepsServingAfterAFloodReachedTheCap) {
    const int lowest_free = os::UniqueFd(::dup(0)).get();
    Taken taken;
    auto loop = AcceptLoop::listen("127.0.0.1:0", {lowest_free + 60, 512}).value();
    ASSERT_GT(loop->port(), 0);
    loop->start(taken.take());

    std::vector<os::UniqueFd> flood;
    for (int i = 0; i < 200; ++i) flood.push_back(connect_to(loop->port()));
    ASSERT_TRUE(
        support::eventually([&] { return loop->refused() > 0 && taken.count() + loop->refused() == 200; }));
    EXPECT_LT(taken.count(), 60U);

    flood.clear();
    taken.close_all();
    const os::UniqueFd late = connect_to(loop->port());
    EXPECT_TRUE(support::eventually([&] { return taken.count() == 1; }));
    loop->stop();
}

TEST(AcceptLoop, OneAddressThatTakesAllItCanLeavesRoomForOthers) {
    const int lowest_free = os::UniqueFd(::dup(0)).get();
    Taken taken;
    // Both ends of each connection are in this process: the flood's own ends count as well.
    const int most = lowest_free + 800;
    auto loop = AcceptLoop::listen("127.0.0.1:0", {most, 512}).value();
    loop->start(taken.take());

    std::vector<os::UniqueFd> flood;
    for (int i = 0; i < 300; ++i) flood.push_back(connect_to(loop->port(), INADDR_LOOPBACK + 1));
    ASSERT_TRUE(support::eventually([&] { return taken.count() + loop->refused() == 300; }));
    const auto held = taken.count();
    EXPECT_GT(loop->refused(), 0U);
    EXPECT_LT(held, static_cast<std::size_t>(most) / 2) << "the table was not full when it was refused";

    const os::UniqueFd other = connect_to(loop->port(), INADDR_LOOPBACK + 2);
    EXPECT_TRUE(support::eventually([&] { return taken.count() == held + 1; })) << "another address gets in";
    loop->stop();
}

TEST(AcceptLoop, SaysWhyItCannotListen) {
    const auto first = AcceptLoop::listen("127.0.0.1:0").value();
    EXPECT_EQ(AcceptLoop::listen(first->address()).error().code(), Code::already_exists);
    for (const char* bad : {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000", "localhost:1"}) {
        const auto refused = AcceptLoop::listen(bad);
        ASSERT_FALSE(refused.ok()) << bad;
        EXPECT_EQ(refused.error().code(), Code::invalid_argument) << bad;
        EXPECT_FALSE(refused.error().remedy().empty());
    }
    EXPECT_EQ(AcceptLoop::listen("192.0.2.1:0").error().code(), Code::unavailable);
}

}  // namespace
}  // namespace signalbox::rpc
