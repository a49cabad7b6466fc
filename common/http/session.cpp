// SPDX-License-Identifier: Apache-2.0
#include "common/http/session.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/version.hpp>
#include <mutex>

namespace signalbox::http {
namespace {

namespace beast = boost::beast;

// Answers once, on the session's strand; when the last copy goes without an answer, answers 500.
class Once {
  public:
    explicit Once(std::function<void(ServerResponse)> deliver) : deliver_(std::move(deliver)) {}
    ~Once() {
        ServerResponse lost;
        lost.status = 500;
        lost.body = "The request was dropped without an answer. This is a bug.\n";
        fire(std::move(lost));
    }
    Once(const Once&) = delete;
    Once& operator=(const Once&) = delete;

    void fire(ServerResponse response) {
        std::function<void(ServerResponse)> deliver;
        {
            const std::lock_guard lock(mutex_);
            deliver.swap(deliver_);
        }
        if (deliver) deliver(std::move(response));
    }

  private:
    std::mutex mutex_;
    std::function<void(ServerResponse)> deliver_;
};

}  // namespace

Session::Session(boost::asio::ip::tcp::socket socket, std::shared_ptr<boost::asio::ssl::context> tls,
                 std::shared_ptr<SessionContext> context, std::shared_ptr<void> server)
    : server_(std::move(server)),
      stream_(std::move(socket), *tls),
      tls_(std::move(tls)),
      context_(std::move(context)),
      handler_timer_(stream_.get_executor()) {
    boost::system::error_code unknown;
    const auto remote = beast::get_lowest_layer(stream_).socket().remote_endpoint(unknown);
    if (!unknown) {
        const auto address = remote.address().to_string();
        peer_ =
            (remote.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(remote.port());
    }
}

Session::~Session() {
    set_idle();
    --context_->connections;
}

void Session::set_idle() {
    if (busy_ && --context_->busy == 0) {
        const std::lock_guard lock(context_->idle_mutex);
        context_->idle.notify_all();
    }
    busy_ = false;
}

void Session::start() {
    boost::asio::dispatch(stream_.get_executor(), [self = shared_from_this()] {
        beast::get_lowest_layer(self->stream_).expires_after(self->context_->limits.handshake);
        self->stream_.async_handshake(boost::asio::ssl::stream_base::server,
                                      [self](beast::error_code failure) {
                                          if (failure) return;
                                          self->secured_ = true;
                                          self->read_header();
                                      });
    });
}

void Session::abort() {
    boost::asio::post(stream_.get_executor(), [self = shared_from_this()] {
        self->handler_timer_.cancel();
        beast::get_lowest_layer(self->stream_).close();
    });
}

void Session::close_if_idle() {
    boost::asio::post(stream_.get_executor(), [self = shared_from_this()] {
        if (!self->busy_) beast::get_lowest_layer(self->stream_).close();
    });
}

void Session::read_header() {
    if (context_->stopping) return close();
    parser_.emplace();
    set_limits(*parser_, context_->limits);
    beast::get_lowest_layer(stream_).expires_after(context_->limits.header);
    beast::http::async_read_header(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](beast::error_code failure, std::size_t) { self->on_header(failure); });
}

void Session::on_header(beast::error_code failure) {
    if (failure) return refuse(failure);
    busy_ = true;
    ++context_->busy;
    const auto expect = parser_->get()[beast::http::field::expect];
    if (beast::iequals(expect, "100-continue")) return send_continue();
    read_body();
}

void Session::send_continue() {
    answer_.emplace(beast::http::status::continue_, 11);
    beast::get_lowest_layer(stream_).expires_after(context_->limits.write);
    beast::http::async_write(stream_, *answer_,
                             [self = shared_from_this()](beast::error_code failure, std::size_t) {
                                 if (failure) return self->close();
                                 self->read_body();
                             });
}

void Session::read_body() {
    beast::get_lowest_layer(stream_).expires_after(context_->limits.body);
    beast::http::async_read(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](beast::error_code failure, std::size_t) { self->on_body(failure); });
}

void Session::on_body(beast::error_code failure) {
    if (failure) return refuse(failure);
    handle();
}

// Words for what HTTP itself forbids; a connection that merely broke gets no answer.
void Session::refuse(beast::error_code failure) {
    ServerResponse response;
    if (failure == beast::http::error::body_limit) {
        response.status = 413;
        response.body = "The request's body is too large: at most " +
                        std::to_string(context_->limits.body_bytes) + " bytes are taken.\n";
    } else if (failure == beast::http::error::header_limit) {
        response.status = 431;
        response.body = "The request's header is too large: at most " +
                        std::to_string(context_->limits.header_bytes) + " bytes are taken.\n";
    } else if (failure.category() == make_error_code(beast::http::error::bad_method).category() &&
               failure != beast::http::error::end_of_stream &&
               failure != beast::http::error::partial_message) {
        response.status = 400;
        response.body = "This is not an HTTP/1.1 request: " + failure.message() + ".\n";
    } else {
        return close();
    }
    answer(std::move(response), false);
}

void Session::handle() {
    const auto message = parser_->release();
    const bool keep_alive = message.keep_alive();
    ServerRequest request = to_request(message, peer_);

    beast::get_lowest_layer(stream_).expires_never();
    // The timer alone keeps the session: a handler that answers after the server has stopped finds nobody.
    const auto once = std::make_shared<Once>([weak = weak_from_this(), keep_alive](ServerResponse response) {
        const auto self = weak.lock();
        if (!self) return;
        boost::asio::post(self->stream_.get_executor(), [self, keep_alive, response = std::move(response)] {
            self->answer(response, keep_alive);
        });
    });
    handler_timer_.expires_after(context_->limits.handler);
    handler_timer_.async_wait(
        [self = shared_from_this(), weak = std::weak_ptr<Once>(once)](beast::error_code cancelled) {
            const auto waiting = weak.lock();
            if (cancelled || !waiting) return;
            ServerResponse late;
            late.status = 504;
            late.body = "The answer took too long. Try again.\n";
            waiting->fire(std::move(late));
        });
    context_->handler(std::move(request),
                      [once](ServerResponse response) { once->fire(std::move(response)); });
}

void Session::answer(ServerResponse response, bool keep_alive) {
    handler_timer_.cancel();
    keep_alive = keep_alive && !context_->stopping;
    answer_.emplace(static_cast<beast::http::status>(response.status), 11);
    answer_->set(beast::http::field::content_type, response.content_type);
    answer_->set(beast::http::field::cache_control, "no-store");
    answer_->set("x-content-type-options", "nosniff");
    for (const auto& header : response.headers) answer_->set(header.first, header.second);
    answer_->body() = std::move(response.body);
    answer_->keep_alive(keep_alive);
    answer_->prepare_payload();
    beast::get_lowest_layer(stream_).expires_after(context_->limits.write);
    beast::http::async_write(stream_, *answer_,
                             [self = shared_from_this(), keep_alive](beast::error_code failure, std::size_t) {
                                 self->set_idle();
                                 if (failure || !keep_alive) return self->close();
                                 self->read_header();
                             });
}

void Session::close() {
    set_idle();
    beast::get_lowest_layer(stream_).expires_after(std::chrono::seconds(2));
    stream_.async_shutdown([self = shared_from_this()](beast::error_code) {});
}

}  // namespace signalbox::http
