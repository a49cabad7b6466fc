// SPDX-License-Identifier: Apache-2.0
// The agent's local protocol: bytes through a real socket pair into frames, and every frame as a request, a
// reply and an event. What decodes is read back the same.
#include <sys/socket.h>
#include <unistd.h>

#include "agent/ipc/channel.hpp"
#include "agent/ipc/frame.hpp"
#include "agent/ipc/messages.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace signalbox::fuzz {
namespace {

template <class T>
void reply_reads_back(const json::Json& ok) {
    const auto reply = ipc::decode_reply<T>(ok);
    if (!reply) return;
    const std::string text = ipc::encode_reply(1, ipc::Reply(*reply));
    const auto again = ipc::decode_from_server(text);
    require(again && std::holds_alternative<ipc::NumberedReply>(*again), "a reply stays a reply");
    const auto& body = std::get<ipc::NumberedReply>(*again).body;
    require(body.ok(), "a good reply stays good");
    const auto value = ipc::decode_reply<T>(*body);
    require(value && ipc::encode_reply(1, ipc::Reply(*value)) == text, "a reply is read back the same");
}

void message(const std::string& text) {
    if (const auto request = ipc::decode_request(text)) {
        const std::string canonical = ipc::encode_request(request->id, request->request);
        const auto again = ipc::decode_request(canonical);
        require(again && ipc::encode_request(again->id, again->request) == canonical,
                "a request is read back the same");
    }
    const auto from_server = ipc::decode_from_server(text);
    if (!from_server) return;
    if (const auto* event = std::get_if<ipc::Event>(&*from_server)) {
        const auto again = ipc::decode_from_server(ipc::encode_event(*event));
        require(again && std::holds_alternative<ipc::Event>(*again), "an event is read back");
        return;
    }
    const auto& body = std::get<ipc::NumberedReply>(*from_server).body;
    if (!body) return;
    reply_reads_back<ipc::Hello>(*body);
    reply_reads_back<ipc::ProveReply>(*body);
    reply_reads_back<ipc::Done>(*body);
    reply_reads_back<ipc::TrustUpdateReply>(*body);
    reply_reads_back<ipc::ExecuteReply>(*body);
    reply_reads_back<ipc::QueryReply>(*body);
    reply_reads_back<ipc::RecordsReply>(*body);
    reply_reads_back<ipc::ReceiptsReply>(*body);
}

}  // namespace

// An input that begins with '{' is one message; any other is a stream of frames.
void one(std::string_view input) {
    if (input.starts_with('{')) return message(std::string(text_of(input)));
    int ends[2];
    require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "a socket pair can be had");
    const ipc::Descriptor reader(ends[0]);
    ipc::Descriptor writer(ends[1]);
    const std::string_view sent = input.substr(0, 64U << 10);  // what the socket holds unread
    require(sent.empty() || ::send(writer.get(), sent.data(), sent.size(), MSG_DONTWAIT) ==
                                static_cast<ssize_t>(sent.size()),
            "a socket takes 64 KiB");
    writer.reset();
    std::size_t read = 0;
    for (;;) {
        const auto frame = ipc::receive_frame(reader);
        if (!frame) break;
        const auto again = ipc::encode_frame(frame->payload);
        require(again && sent.substr(read).starts_with(*again), "a frame is what was sent");
        read += again->size();
        message(frame->payload);
    }
}

}  // namespace signalbox::fuzz
