// SPDX-License-Identifier: Apache-2.0
#include "agent/link/executor_face.hpp"

namespace signalbox::link {

ExecutorFace::ExecutorFace(std::string socket_path, Handlers handlers, const Clock& clock,
                           crypto::Random& random, telemetry::Logger log)
    : socket_path_(std::move(socket_path)),
      handlers_(std::move(handlers)),
      clock_(clock),
      backoff_(random, {std::chrono::milliseconds(200), std::chrono::seconds(5)}),
      log_(std::move(log)),
      strand_(clock) {}

ExecutorFace::~ExecutorFace() {
    stop();
}

void ExecutorFace::start() {
    strand_.post([this] { connect(); });
}

void ExecutorFace::stop() {
    strand_.stop();
    client_.reset();
}

void ExecutorFace::post(std::function<void(ipc::Client*)> use) {
    strand_.post([this, use = std::move(use)] { use(client_.get()); });
}

void ExecutorFace::connect() {
    const std::uint64_t mine = ++generation_;
    ipc::ClientHandlers handlers;
    handlers.on_event = handlers_.on_event;
    handlers.on_closed = [this, mine](const Error& why) {
        // On the client's reading thread, which must not destroy the client.
        strand_.post([this, mine, why] {
            if (mine == generation_) lost(why);
        });
    };
    auto client = ipc::Client::connect(socket_path_, std::move(handlers));
    if (!client) {
        lost(client.error());
        return;
    }
    client_ = *std::move(client);
    backoff_.reset();
    log_.info("connected to the executor", {{"socket", socket_path_}});
    handlers_.on_connected();
}

void ExecutorFace::lost(const Error& why) {
    ++generation_;
    if (client_ != nullptr) log_.warning("lost the executor", {{"error", why}});
    client_.reset();
    handlers_.on_lost(why);
    strand_.post_at(clock_.now() + backoff_.next(), [this] { connect(); });
}

}  // namespace signalbox::link
