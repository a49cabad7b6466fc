// SPDX-License-Identifier: Apache-2.0
// One connection of the HTTPS server: handshake, then request and answer in turn. Lives as long as one of its
// operations is pending; everything runs on the strand of its socket. Private to common/http.
#pragma once

#include <utility>  // before Asio: Boost 1.74 forgets it

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

#include "common/http/request.hpp"
#include "common/http/server.hpp"

namespace signalbox::http {

// What the sessions of one server share; outlives them.
struct SessionContext {
    RequestHandler handler;
    ServerLimits limits;
    std::atomic<std::size_t> connections{0};
    std::atomic<std::size_t> busy{0};  // requests being answered
    std::mutex idle_mutex;
    std::condition_variable idle;  // told when busy becomes 0
    std::atomic<bool> stopping{false};
};

class Session : public std::enable_shared_from_this<Session> {
  public:
    Session(boost::asio::ip::tcp::socket socket, std::shared_ptr<boost::asio::ssl::context> tls,
            std::shared_ptr<SessionContext> context, std::shared_ptr<void> server);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    void start();
    // Breaks the connection off; from any thread.
    void abort();
    // From any thread: whether it may be given up for a new connection, and rather than others.
    [[nodiscard]] bool secured() const { return secured_; }
    [[nodiscard]] bool busy() const { return busy_; }
    // Closes it when no request is being answered; from any thread.
    void close_if_idle();

  private:
    using Answer = boost::beast::http::response<boost::beast::http::string_body>;

    void read_header();
    void on_header(boost::beast::error_code failure);
    void send_continue();
    void read_body();
    void on_body(boost::beast::error_code failure);
    void handle();
    void answer(ServerResponse response, bool keep_alive);
    void refuse(boost::beast::error_code failure);
    void close();
    void set_idle();

    std::shared_ptr<void> server_;  // holds the io_context that the members below run on
    boost::beast::ssl_stream<boost::beast::tcp_stream> stream_;
    std::shared_ptr<boost::asio::ssl::context> tls_;
    std::shared_ptr<SessionContext> context_;
    boost::asio::steady_timer handler_timer_;
    boost::beast::flat_buffer buffer_;
    std::optional<RequestParser> parser_;
    std::optional<Answer> answer_;
    std::string peer_;
    std::atomic<bool> busy_{false};
    std::atomic<bool> secured_{false};
};

}  // namespace signalbox::http
