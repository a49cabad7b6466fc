// SPDX-License-Identifier: Apache-2.0
// The network face's end of the local protocol: typed, blocking calls with a deadline, and events on a
// callback. Thread-safe, except that a handler must not make a call or destroy the client: it runs on the
// only reading thread.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "agent/ipc/messages.hpp"

namespace signalbox::ipc {

struct ClientHandlers {
    std::function<void(const Event&)> on_event;
    // Once, when the executor closed the connection or broke the protocol; not when the client is destroyed.
    std::function<void(const Error&)> on_closed;
};

class Client {
  public:
    // Errors: not_found (no such socket), permission_denied, unavailable.
    [[nodiscard]] static Result<std::unique_ptr<Client>> connect(
        const std::string& socket_path, ClientHandlers handlers,
        std::chrono::milliseconds call_timeout = std::chrono::seconds(30));
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    // Every call. Errors: unavailable (connection gone), deadline_exceeded, and what the executor answers.
    [[nodiscard]] Result<Hello> hello();
    [[nodiscard]] Result<crypto::Signature> prove(const ProveRequest& request);
    [[nodiscard]] Result<ProveReply> prove_return(const std::string& challenge,
                                                  const crypto::Digest& csr_sha256);
    [[nodiscard]] Status install_identity(const AgentId& agent_id, const std::string& trust_dsse);
    // The version that is now in force.
    [[nodiscard]] Result<std::int64_t> trust_update(const std::string& trust_dsse);
    [[nodiscard]] Status withdraw(const std::string& withdrawal_dsse);
    [[nodiscard]] Result<ExecuteReply> execute(ExecuteRequest request);
    [[nodiscard]] Result<QueryReply> query(const crypto::Digest& approval_sha256, const StepId& step_id);
    [[nodiscard]] Result<std::vector<OutboxRecord>> records(std::int64_t after_seq, std::int64_t max);
    // The highest sequence number up to which every record has left the outbox.
    [[nodiscard]] Result<std::int64_t> receipts(ReceiptsRequest request);
    [[nodiscard]] Status probe_result(ProbeResultRequest request);

  private:
    Client(Descriptor socket, ClientHandlers handlers, std::chrono::milliseconds call_timeout);
    template <class T>
    Result<T> call(const Request& request, const std::vector<Descriptor>& descriptors = {});
    Result<json::Json> exchange(const Request& request, const std::vector<Descriptor>& descriptors);
    void read_loop();
    void fail_all(const Error& error);

    Descriptor socket_;
    ClientHandlers handlers_;
    std::chrono::milliseconds call_timeout_;
    std::mutex write_mutex_;
    std::mutex mutex_;  // guards what follows
    std::map<std::int64_t, std::promise<Result<json::Json>>> waiting_;
    std::int64_t next_id_ = 1;
    std::optional<Error> closed_;
    bool stopping_ = false;
    std::thread reader_;
};

}  // namespace signalbox::ipc
