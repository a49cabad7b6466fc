// SPDX-License-Identifier: Apache-2.0
#include "agent/ipc/client.hpp"

#include <sys/socket.h>

#include "agent/ipc/channel.hpp"

namespace signalbox::ipc {
namespace {

Error gone() {
    return Error(Code::unavailable, "the connection to the executor is gone", "Connect again.");
}

}  // namespace

Result<std::unique_ptr<Client>> Client::connect(const std::string& socket_path, ClientHandlers handlers,
                                                std::chrono::milliseconds call_timeout) {
    SB_TRY(Descriptor socket, connect_unix(socket_path));
    std::unique_ptr<Client> client(new Client(std::move(socket), std::move(handlers), call_timeout));
    client->reader_ = std::thread([raw = client.get()] { raw->read_loop(); });
    return client;
}

Client::Client(Descriptor socket, ClientHandlers handlers, std::chrono::milliseconds call_timeout)
    : socket_(std::move(socket)), handlers_(std::move(handlers)), call_timeout_(call_timeout) {}

Client::~Client() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    ::shutdown(socket_.get(), SHUT_RDWR);
    if (reader_.joinable()) reader_.join();
}

void Client::read_loop() {
    for (;;) {
        auto frame = receive_frame(socket_);
        if (!frame) return fail_all(frame.error());
        auto message = decode_from_server(frame->payload);
        if (!message) return fail_all(std::move(message).error().with_context("message from the executor"));
        if (const auto* event = std::get_if<Event>(&*message)) {
            if (handlers_.on_event) handlers_.on_event(*event);
            continue;
        }
        auto& reply = std::get<NumberedReply>(*message);
        const std::lock_guard lock(mutex_);
        // Nobody waits for a reply that came after its deadline.
        if (const auto at = waiting_.find(reply.id); at != waiting_.end()) {
            at->second.set_value(std::move(reply.body));
            waiting_.erase(at);
        }
    }
}

void Client::fail_all(const Error& error) {
    bool tell = false;
    {
        const std::lock_guard lock(mutex_);
        closed_ = error;
        tell = !stopping_;
        for (auto& [id, promise] : waiting_) promise.set_value(gone());
        waiting_.clear();
    }
    // No later request is served: the peer sees the end at once.
    ::shutdown(socket_.get(), SHUT_RDWR);
    if (tell && handlers_.on_closed) handlers_.on_closed(error);
}

Result<json::Json> Client::exchange(const Request& request, const std::vector<Descriptor>& descriptors) {
    std::future<Result<json::Json>> reply;
    std::int64_t id = 0;
    {
        const std::lock_guard lock(mutex_);
        if (closed_) return gone();
        id = next_id_++;
        reply = waiting_[id].get_future();
    }
    Status sent;
    {
        const std::lock_guard lock(write_mutex_);
        sent = send_frame(socket_, encode_request(id, request), descriptors);
        // Half a frame cannot be taken back.
        if (!sent) ::shutdown(socket_.get(), SHUT_RDWR);
    }
    if (!sent || reply.wait_for(call_timeout_) != std::future_status::ready) {
        const std::lock_guard lock(mutex_);
        // The reply may have come between the wait and the lock: then it counts.
        if (waiting_.erase(id) == 1) {
            if (!sent) return std::move(sent).error();
            return Error(Code::deadline_exceeded, "the executor did not answer in time",
                         "Look at the executor's log; what was asked may still happen.");
        }
    }
    return reply.get();
}

template <class T>
Result<T> Client::call(const Request& request, const std::vector<Descriptor>& descriptors) {
    SB_TRY(const json::Json ok, exchange(request, descriptors));
    return decode_reply<T>(ok).with_context("reply of the executor");
}

Result<Hello> Client::hello() {
    return call<Hello>(HelloRequest{});
}

Result<crypto::Signature> Client::prove(const ProveRequest& request) {
    SB_TRY(const ProveReply reply, call<ProveReply>(request));
    return reply.signature;
}

Result<ProveReply> Client::prove_return(const std::string& challenge, const crypto::Digest& csr_sha256) {
    return call<ProveReply>(ReturnRequest{challenge, csr_sha256});
}

Status Client::install_identity(const AgentId& agent_id, const std::string& trust_dsse) {
    SB_CHECK(call<Done>(InstallIdentityRequest{agent_id, trust_dsse}));
    return {};
}

Result<std::int64_t> Client::trust_update(const std::string& trust_dsse) {
    SB_TRY(const TrustUpdateReply reply, call<TrustUpdateReply>(TrustUpdateRequest{trust_dsse}));
    return reply.version;
}

Status Client::withdraw(const std::string& withdrawal_dsse) {
    SB_CHECK(call<Done>(WithdrawRequest{withdrawal_dsse}));
    return {};
}

Result<ExecuteReply> Client::execute(ExecuteRequest request) {
    const std::vector<Descriptor> descriptors = std::move(request.artifacts);
    request.artifacts.clear();
    return call<ExecuteReply>(std::move(request), descriptors);
}

Result<QueryReply> Client::query(const crypto::Digest& approval_sha256, const StepId& step_id) {
    return call<QueryReply>(QueryRequest{approval_sha256, step_id});
}

Result<std::vector<OutboxRecord>> Client::records(std::int64_t after_seq, std::int64_t max) {
    SB_TRY(RecordsReply reply, call<RecordsReply>(RecordsRequest{after_seq, max}));
    return std::move(reply.records);
}

Result<std::int64_t> Client::receipts(ReceiptsRequest request) {
    SB_TRY(const ReceiptsReply reply, call<ReceiptsReply>(std::move(request)));
    return reply.acked_to;
}

Status Client::probe_result(ProbeResultRequest request) {
    SB_CHECK(call<Done>(std::move(request)));
    return {};
}

}  // namespace signalbox::ipc
