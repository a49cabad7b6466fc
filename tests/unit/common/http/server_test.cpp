// SPDX-License-Identifier: Apache-2.0
// The server and the client over real TLS on the loopback address.
#include "common/http/server.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "common/http/client.hpp"
#include "common/pki/authority.hpp"
#include "common/pki/key.hpp"
#include "tests/fakes/fixed_random.hpp"

namespace signalbox::http {
namespace {

struct Identity {
    std::string ca_pem;
    ServerCertificate certificate;
};

Identity make_identity(const std::string& ip = "127.0.0.1") {
    fakes::FixedRandom random;
    const auto now = SystemClock().now();
    const auto files = *pki::create_authority("test", now, random);
    const auto authority = *pki::Authority::load(files.certificate_pem, files.key_pem);
    const auto request = *pki::make_key_and_request();
    pki::LeafProfile profile;
    profile.names.ips = {ip};
    profile.names.dns = {"localhost"};
    profile.server = true;
    const auto leaf = *authority.issue(request.csr_der, profile, now, random);
    return {files.certificate_pem, {leaf.certificate_pem, to_text(request.key_pem.expose())}};
}

class ServerTest : public testing::Test {
  protected:
    void start(RequestHandler handler, ServerLimits limits = {}) {
        ServerOptions options;
        options.limits = limits;
        auto started = Server::start(options, identity.certificate, std::move(handler));
        ASSERT_TRUE(started.ok()) << started.error().to_string();
        server = std::move(*started);
    }
    std::string url(const std::string& path = "/") const {
        return "https://127.0.0.1:" + std::to_string(server->port()) + path;
    }
    Client client(ClientOptions options = {}) const {
        if (options.ca_pem.empty()) options.ca_pem = identity.ca_pem;
        return Client(std::move(options));
    }
    // A TCP connection that never speaks TLS.
    int connect_raw() const {
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(server->port());
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        return fd;
    }
    static RequestHandler echo() {
        return [](ServerRequest request, Respond respond) {
            ServerResponse out;
            out.body = request.method + " " + request.path + " " + request.query + " " +
                       std::string(request.header("x-test")) + " " + request.body;
            respond(std::move(out));
        };
    }

    Identity identity = make_identity();
    std::unique_ptr<Server> server;
};

TEST_F(ServerTest, AnswersOverOneKeptConnection) {
    start(echo());
    auto http = client();
    for (int i = 0; i < 3; ++i) {
        const auto answer = http.send({"POST", url("/a?b=c"), {{"X-Test", "t"}}, "body"});
        ASSERT_TRUE(answer.ok()) << answer.error().to_string();
        EXPECT_EQ(answer->status, 200);
        EXPECT_EQ(answer->body, "POST /a b=c t body");
        EXPECT_EQ(answer->header("cache-control"), "no-store");
    }
    EXPECT_EQ(server->connections(), 1U);
}

TEST_F(ServerTest, ALongPollHoldsNoThreadAndAnswersLater) {
    std::mutex mutex;
    std::vector<Respond> waiting;
    std::condition_variable came;
    start([&](ServerRequest request, Respond respond) {
        if (request.path != "/wait") return echo()(std::move(request), std::move(respond));
        const std::lock_guard lock(mutex);
        waiting.push_back(std::move(respond));
        came.notify_all();
    });
    std::vector<std::future<int>> polls;
    for (int i = 0; i < 8; ++i) {  // more than the server has threads
        polls.push_back(std::async(std::launch::async, [this] {
            const auto answer = client().send({"GET", url("/wait"), {}, ""});
            return answer ? answer->status : -1;
        }));
    }
    {
        std::unique_lock lock(mutex);
        ASSERT_TRUE(came.wait_for(lock, std::chrono::seconds(20), [&] { return waiting.size() == 8; }));
    }
    EXPECT_TRUE(client().send({"GET", url("/now"), {}, ""}).ok());
    {
        const std::lock_guard lock(mutex);
        ServerResponse event;
        event.status = 202;
        for (auto& respond : waiting) respond(event);
        for (auto& respond : waiting) respond(event);  // the second answer is ignored
        waiting.clear();
    }
    for (auto& poll : polls) EXPECT_EQ(poll.get(), 202);
}

TEST_F(ServerTest, ADroppedRequestIsAnsweredAllTheSame) {
    start([](ServerRequest, Respond) {});
    EXPECT_EQ(client().send({"GET", url(), {}, ""})->status, 500);
}

TEST_F(ServerTest, TooMuchIsRefusedByStatusAndTheServerGoesOn) {
    ServerLimits limits;
    limits.body_bytes = 1000;
    limits.header_bytes = 2000;
    start(echo(), limits);
    EXPECT_EQ(client().send({"POST", url(), {}, std::string(1001, 'x')})->status, 413);
    EXPECT_EQ(client().send({"GET", url(), {{"X-Big", std::string(3000, 'x')}}, ""})->status, 431);
    EXPECT_EQ(client().send({"POST", url(), {}, std::string(1000, 'x')})->status, 200);
}

TEST_F(ServerTest, SilentPeersAreCutAndDoNotKeepOthersOut) {
    ServerLimits limits;
    limits.connections = 2;
    limits.handshake = std::chrono::milliseconds(100);
    start(echo(), limits);
    const int one = connect_raw();
    const int two = connect_raw();
    char byte = 0;
    // The server closes both when the handshake does not come.
    EXPECT_EQ(::recv(one, &byte, 1, 0), 0);
    EXPECT_EQ(::recv(two, &byte, 1, 0), 0);
    ::close(one);
    ::close(two);
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    Result<ClientResponse> answer = Error(Code::unavailable, "not tried");
    while (!answer && std::chrono::steady_clock::now() < until)
        answer = client().send({"GET", url(), {}, ""});
    EXPECT_TRUE(answer.ok());
}

TEST_F(ServerTest, WhoOnlyOccupiesConnectionsKeepsNobodyOut) {
    ServerLimits limits;
    limits.connections = 4;
    limits.handshake = std::chrono::minutes(5);  // far longer than the test
    start(echo(), limits);
    std::vector<int> silent;
    for (int i = 0; i < 20; ++i) silent.push_back(connect_raw());
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    Result<ClientResponse> answer = Error(Code::unavailable, "not tried");
    while (!answer && std::chrono::steady_clock::now() < until)
        answer = client().send({"GET", url(), {}, ""});
    EXPECT_TRUE(answer.ok()) << answer.error().to_string();
    for (const int fd : silent) ::close(fd);
}

TEST_F(ServerTest, ANewCertificateServesNewConnections) {
    start(echo());
    const auto next = make_identity();
    ASSERT_TRUE(server->set_certificate(next.certificate).ok());
    const auto old_ca = client().send({"GET", url(), {}, ""});
    ASSERT_FALSE(old_ca.ok());
    EXPECT_EQ(old_ca.error().code(), Code::refused);
    EXPECT_TRUE(client({.ca_pem = next.ca_pem}).send({"GET", url(), {}, ""}).ok());
    EXPECT_EQ(
        server->set_certificate({next.certificate.chain_pem, identity.certificate.key_pem}).error().code(),
        Code::invalid_argument);
    EXPECT_TRUE(client({.ca_pem = next.ca_pem}).send({"GET", url(), {}, ""}).ok());
}

TEST_F(ServerTest, StopAnswersWhatIsInProgress) {
    std::promise<Respond> came;
    start([&](ServerRequest, Respond respond) { came.set_value(std::move(respond)); });
    auto poll = std::async(std::launch::async, [this] {
        return client().send({"GET", url(), {}, ""})->status;
    });
    auto respond = came.get_future().get();
    std::thread stopper([this] { server->stop(std::chrono::seconds(20)); });
    respond({});
    EXPECT_EQ(poll.get(), 200);
    stopper.join();
}

TEST_F(ServerTest, AnswersAfterTheStopGoNowhere) {
    std::promise<Respond> came;
    start([&](ServerRequest, Respond respond) { came.set_value(std::move(respond)); });
    auto poll = std::async(std::launch::async, [this] { return client().send({"GET", url(), {}, ""}).ok(); });
    auto respond = came.get_future().get();
    server.reset();
    EXPECT_FALSE(poll.get());
    respond({});
}

TEST_F(ServerTest, ATakenPortIsSaidPlainly) {
    start(echo());
    ServerOptions options;
    options.port = server->port();
    const auto second = Server::start(options, identity.certificate, echo());
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().code(), Code::already_exists);
    EXPECT_NE(second.error().message().find("the port is taken"), std::string::npos);
}

TEST_F(ServerTest, TheClientTrustsOnlyItsAuthorityAndTheRightName) {
    identity = make_identity("127.0.0.2");
    start(echo());
    const auto wrong_name = client().send({"GET", url(), {}, ""});
    ASSERT_FALSE(wrong_name.ok());
    EXPECT_EQ(wrong_name.error().code(), Code::refused);
    const auto system_roots = Client(ClientOptions{}).send({"GET", url(), {}, ""});
    ASSERT_FALSE(system_roots.ok());
    EXPECT_EQ(system_roots.error().code(), Code::refused);
}

TEST_F(ServerTest, TheClientJudgesTheAddressWhateverItsName) {
    start(echo());
    ClientOptions options;
    options.addresses = AddressRule::public_only();
    for (const std::string host : {"127.0.0.1", "localhost", "[::1]", "0x7f.1", "2130706433"}) {
        const auto denied = client(options).send(
            {"GET", "https://" + host + ":" + std::to_string(server->port()) + "/", {}, ""});
        ASSERT_FALSE(denied.ok()) << host;
        EXPECT_EQ(denied.error().code(), Code::refused) << host << ": " << denied.error().to_string();
    }
    EXPECT_EQ(server->connections(), 0U);
}

TEST_F(ServerTest, TheClientHoldsToItsLimits) {
    start([](ServerRequest request, Respond respond) {
        ServerResponse out;
        if (request.path == "/redirect") {
            out.status = 302;
            out.headers.emplace_back("location", "/redirect");
        } else if (request.path == "/plain") {
            out.status = 302;
            out.headers.emplace_back("location", "http://127.0.0.1:1/");
        } else {
            out.body = std::string(5000, 'x');
        }
        respond(std::move(out));
    });
    ClientOptions options;
    options.max_body_bytes = 4999;
    EXPECT_EQ(client(options).send({"GET", url(), {}, ""}).error().code(), Code::resource_exhausted);
    EXPECT_EQ(client().send({"GET", url("/redirect"), {}, ""})->status, 302);
    options.max_redirects = 3;
    EXPECT_EQ(client(options).send({"GET", url("/redirect"), {}, ""}).error().code(), Code::refused);
    EXPECT_EQ(client(options).send({"GET", url("/plain"), {}, ""}).error().code(), Code::refused);

    std::string got;
    const auto taken = client().download({"GET", url(), {}, ""}, [&](ByteView piece) -> Status {
        got += to_text(piece);
        return {};
    });
    EXPECT_TRUE(taken.ok());
    EXPECT_EQ(got.size(), 5000U);
    const auto stopped = client().download({"GET", url(), {}, ""}, [](ByteView) -> Status {
        return Error(Code::resource_exhausted, "disk full");
    });
    EXPECT_NE(stopped.error().message().find("disk full"), std::string::npos);
}

TEST(Client, RefusesUrlsThatAreNotSafe) {
    Client http{ClientOptions{}};
    for (const char* url : {"http://127.0.0.1/", "file:///etc/passwd", "ftp://a/",
                            "https://user:secret@host/", "https://", "gopher://x", "", "no url"}) {
        const auto refused = http.send({"GET", url, {}, ""});
        ASSERT_FALSE(refused.ok()) << url;
        EXPECT_EQ(refused.error().code(), Code::invalid_argument) << url;
        EXPECT_EQ(refused.error().to_string().find("secret"), std::string::npos);
    }
    const auto split = http.send({"GET", "https://127.0.0.1:1/", {{"A", "b\r\nX: y"}}, ""});
    EXPECT_EQ(split.error().code(), Code::invalid_argument);
    const auto nobody = http.send({"GET", "https://127.0.0.1:1/", {}, ""});
    EXPECT_EQ(nobody.error().code(), Code::unavailable);
}

}  // namespace
}  // namespace signalbox::http
