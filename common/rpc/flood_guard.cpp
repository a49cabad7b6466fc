// SPDX-License-Identifier: Apache-2.0
#include "common/rpc/flood_guard.hpp"

#include <grpc/grpc.h>
#include <grpc/support/alloc.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "common/crypto/encoding.hpp"
#include "common/json/json.hpp"

namespace signalbox::rpc {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{20};
constexpr std::intptr_t kPage = 500;

using json::Json;

// What a call of channelz returned; an empty object when it is none.
Json taken(char* text) {
    if (text == nullptr) return Json::object();
    auto parsed = json::parse(text);
    gpr_free(text);
    return parsed && parsed->is_object() ? *std::move(parsed) : Json::object();
}

const Json& member(const Json& object, const char* name) {
    static const Json nothing = Json::object();
    const auto found = object.find(name);
    return found == object.end() ? nothing : *found;
}

// channelz writes 64-bit numbers as texts.
std::int64_t number(const Json& value) {
    if (value.is_number_integer()) return value.get<std::int64_t>();
    return value.is_string() ? std::strtoll(value.get_ref<const std::string&>().c_str(), nullptr, 10) : 0;
}

std::optional<ConnectedPeer> peer_of(const Json& socket) {
    const Json& remote = member(member(socket, "remote"), "tcpip_address");
    const Json& text = member(remote, "ip_address");
    if (!text.is_string()) return std::nullopt;
    const auto address = crypto::from_base64(text.get_ref<const std::string&>());
    if (!address) return std::nullopt;
    return ConnectedPeer{to_text(*address), static_cast<std::uint16_t>(number(member(remote, "port")))};
}

// Calls `each` for the members of every page that `next(id)` returns under this name, beginning with id 0.
template <class Next, class Each>
void pages(const char* name, Next next, Each each) {
    for (std::int64_t from = 0;;) {
        const Json page = taken(next(from));
        const Json& members = member(page, name);
        if (!members.is_array() || members.empty()) return;
        for (const Json& one : members) from = std::max(from, each(one) + 1);
    }
}

}  // namespace

FloodGuard::FloodGuard(std::int64_t calls_between_looks)
    : limit_(calls_between_looks), thread_([this] { run(); }) {}

FloodGuard::~FloodGuard() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void FloodGuard::wake() {
    {
        const std::lock_guard lock(mutex_);
        if (woken_) return;
        woken_ = true;
    }
    changed_.notify_one();
}

void FloodGuard::run() {
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, [this] { return woken_ || stopping_; }), !stopping_) {
        lock.unlock();
        const CallsBegun before = look();
        lock.lock();
        if (changed_.wait_for(lock, kBetweenLooks, [this] { return stopping_; })) return;
        woken_ = false;
        lock.unlock();
        for (const auto& [peer, calls] : look()) {
            const auto then = before.find(peer);
            if (calls - (then == before.end() ? 0 : then->second) >= limit_) cut_off(peer);
        }
        lock.lock();
    }
}

FloodGuard::CallsBegun FloodGuard::look() {
    CallsBegun begun;
    const auto socket = [&](const Json& reference) {
        const std::int64_t id = number(member(reference, "socketId"));
        const Json found = taken(grpc_channelz_get_socket(static_cast<std::intptr_t>(id)));
        const Json& described = member(found, "socket");
        if (const auto peer = peer_of(described)) {
            begun[*peer] = number(member(member(described, "data"), "streamsStarted"));
        }
        return id;
    };
    pages(
        "server", [](std::int64_t from) { return grpc_channelz_get_servers(from); },
        [&](const Json& server) {
            const std::int64_t id = number(member(member(server, "ref"), "serverId"));
            pages(
                "socketRef",
                [id](std::int64_t from) { return grpc_channelz_get_server_sockets(id, from, kPage); },
                socket);
            return id;
        });
    return begun;
}

// gRPC owns the descriptor: it is found by its peer, and closed by gRPC itself once nothing more comes.
void FloodGuard::cut_off(const ConnectedPeer& peer) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    for (int fd = 0; fd < static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 1 << 20)); ++fd) {
        if (connected_peer(fd) != peer) continue;
        ::shutdown(fd, SHUT_RDWR);
        ++cut_;
        return;
    }
}

}  // namespace signalbox::rpc
