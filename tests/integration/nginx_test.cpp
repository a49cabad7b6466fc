// SPDX-License-Identifier: Apache-2.0
// traffic.shift against a real nginx in front of two real servers. Everything ends with the test.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <thread>

#include "agent/executor/actions/traffic_shift/nginx_upstream.hpp"
#include "agent/executor/actions/traffic_shift/shift.hpp"
#include "common/http/probe.hpp"
#include "common/os/process.hpp"
#include "common/os/temp_directory.hpp"

namespace signalbox::actions {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr const char* kNginx = "/usr/sbin/nginx";

struct Listener {
    Listener() : fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(to);
        EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&to), size), 0);
        EXPECT_EQ(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&to), &size), 0);
        port = ntohs(to.sin_port);
    }
    os::UniqueFd fd;
    int port = 0;
};

// Answers every request with its name, a connection each.
class Backend {
  public:
    explicit Backend(std::string name) : name_(std::move(name)) {
        EXPECT_EQ(::listen(listener_.fd.get(), 128), 0);
        thread_ = std::thread([this] { serve(); });
    }
    ~Backend() {
        ::shutdown(listener_.fd.get(), SHUT_RDWR);
        thread_.join();
    }
    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(listener_.port); }

  private:
    void serve() {
        for (;;) {
            const os::UniqueFd client(::accept4(listener_.fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
            if (client.get() < 0) return;
            std::string request;
            std::array<char, 4096> buffer{};
            while (request.find("\r\n\r\n") == std::string::npos) {
                const ssize_t got = ::recv(client.get(), buffer.data(), buffer.size(), 0);
                if (got <= 0) break;
                request.append(buffer.data(), static_cast<std::size_t>(got));
            }
            const std::string answer =
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + std::to_string(name_.size()) +
                "\r\n\r\n" + name_;
            (void)::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
        }
    }
    std::string name_;
    Listener listener_;
    std::thread thread_;
};

// Who answers: "blue", "green", or what went wrong. A new connection each time.
std::string ask(int port) {
    const auto answer = http::probe("http://127.0.0.1:" + std::to_string(port) + "/");
    if (!answer) return answer.error().to_string();
    return answer->status == 200 ? answer->body : "status " + std::to_string(answer->status);
}

// Clients that ask without pause until they are stopped.
class Stream {
  public:
    explicit Stream(int port) {
        for (int i = 0; i < 2; ++i)
            threads_.emplace_back([this, port] {
                while (!stop_.load()) {
                    const std::string who = ask(port);
                    const std::lock_guard lock(mutex_);
                    ++answers_[who];
                }
            });
    }
    ~Stream() {
        stop_ = true;
        for (auto& thread : threads_) thread.join();
    }
    // How often who answered since the last call; waits for `count` answers. None may have failed.
    std::map<std::string, int> next(int count) {
        for (int i = 0; i < 2000; ++i) {
            const auto seen = take(count);
            for (const auto& [who, times] : seen) EXPECT_TRUE(who == "blue" || who == "green") << who;
            if (!seen.empty()) return seen;
            ::poll(nullptr, 0, 10);
        }
        ADD_FAILURE() << "the stream stands still";
        return {};
    }
    // Until a hundred answers in a row are shared out so; old workers end in their own time after a reload.
    bool becomes(const std::function<bool(int blue, int green)>& so) {
        for (int i = 0; i < 50; ++i) {
            auto seen = next(100);
            if (so(seen["blue"], seen["green"])) return true;
        }
        return false;
    }

  private:
    std::map<std::string, int> take(int count) {
        const std::lock_guard lock(mutex_);
        int sum = 0;
        for (const auto& [who, times] : answers_) sum += times;
        return sum < count ? std::map<std::string, int>() : std::exchange(answers_, {});
    }
    std::mutex mutex_;
    std::map<std::string, int> answers_;
    std::atomic<bool> stop_{false};
    std::vector<std::thread> threads_;
};

class NginxServer : public ::testing::Test {
  protected:
    void SetUp() override {
        ASSERT_EQ(::access(kNginx, X_OK), 0) << "install nginx-light (installers/dependencies.sh)";
        std::ofstream(upstream_file())
            << to_text({"web", {{"blue", {blue.address(), 100}}, {"green", {green.address(), 0}}}});
        start();
    }
    // Its master ends its workers before it ends.
    void TearDown() override {
        if (!nginx) return;
        nginx->signal_group(SIGTERM);
        EXPECT_TRUE(nginx->wait_for(seconds(20)).value().has_value());
    }
    void start() {
        port = Listener().port;
        write_configuration("");
        os::SpawnOptions options;
        options.argv = nginx_argv({"-g", "daemon off;"});
        nginx.emplace(os::spawn(options).value());
        ASSERT_TRUE(eventually("blue")) << text("error.log");
    }
    void write_configuration(const std::string& more) const {
        std::ofstream out(folder.file("nginx.conf"));
        // Workers of a server that root starts would be another user's, who may not enter the test's folder.
        if (::geteuid() == 0) out << "user root;\n";
        out << "worker_processes 2;\npid " << folder.file("nginx.pid")
            << ";\nevents {}\nhttp {\n  access_log off;\n";
        for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
            out << "  " << kind << "_temp_path " << folder.file(kind) << ";\n";
        out << "  include " << upstream_file() << ";\n  server {\n    listen 127.0.0.1:" << port
            << ";\n    location / { proxy_pass http://web; }\n  }\n}\n"
            << more;
    }
    std::vector<std::string> nginx_argv(std::vector<std::string> more) const {
        std::vector<std::string> argv = {
            kNginx, "-p", folder.path(), "-e", folder.file("error.log"), "-c", folder.file("nginx.conf")};
        argv.insert(argv.end(), more.begin(), more.end());
        return argv;
    }
    // Old workers may still answer for a while after a reload.
    bool eventually(const std::string& who) const {
        for (int i = 0; i < 1000; ++i) {
            if (ask(port) == who) return true;
            ::poll(nullptr, 0, 10);
        }
        return false;
    }
    std::string upstream_file() const { return folder.file("web.conf"); }
    std::string text(const std::string& name) const {
        std::ifstream in(folder.file(name));
        return {std::istreambuf_iterator<char>(in), {}};
    }
    StepResult shift(Weights weights, Weights expect) {
        StepContext context;
        context.services_root = folder.file("services");
        std::filesystem::create_directories(context.services_root);
        context.service = "web";
        context.clock = &clock;
        context.deadline = clock.boot() + seconds(20);
        context.cancel = &cancel;
        context.pause = [](Duration) { return ::poll(nullptr, 0, 5) == 0; };
        NginxTraffic to;
        to.file = upstream_file();
        to.upstream = "web";
        to.addresses = {{"blue", blue.address()}, {"green", green.address()}};
        to.test = nginx_argv({"-t"});
        to.reload = nginx_argv({"-s", "reload"});
        return perform_body(TrafficShift{to, std::move(weights), std::move(expect), {}}, context);
    }

    os::TempDirectory folder = std::move(os::TempDirectory::make()).value();
    Backend blue{"blue"}, green{"green"};
    int port = 0;
    std::optional<os::Child> nginx;
    SystemClock clock;
    std::atomic<bool> cancel{false};
};

TEST_F(NginxServer, traffic_moves_under_load_and_no_request_fails) {
    Stream stream(port);
    EXPECT_TRUE(stream.becomes([](int, int to_green) { return to_green == 0; }));

    StepResult result = shift({{"blue", 50}, {"green", 50}}, {{"blue", 100}, {"green", 0}});
    ASSERT_EQ(result.code, "ok") << result.detail;
    EXPECT_TRUE(stream.becomes([](int to_blue, int to_green) { return to_blue > 30 && to_green > 30; }));

    result = shift({{"blue", 0}, {"green", 100}}, {{"blue", 50}, {"green", 50}});
    ASSERT_EQ(result.code, "ok") << result.detail;
    EXPECT_EQ(result.detail, "was blue=50 green=50; is blue=0 green=100");
    EXPECT_TRUE(stream.becomes([](int to_blue, int) { return to_blue == 0; }));
}

TEST_F(NginxServer, that_does_not_take_its_configuration_keeps_the_old_one) {
    const std::string before = text("web.conf");
    write_configuration("wrkr_processes 3;\n");
    const StepResult result = shift({{"blue", 0}, {"green", 100}}, {{"blue", 100}, {"green", 0}});
    EXPECT_EQ(result.code, "unchanged");
    EXPECT_THAT(result.detail, HasSubstr("nginx does not take it: the command exited with 1: [emerg] "));
    EXPECT_THAT(result.detail,
                HasSubstr("unknown directive \"wrkr_processes\" in " + folder.file("nginx.conf")));
    EXPECT_EQ(text("web.conf"), before);
    EXPECT_EQ(ask(port), "blue");
    // The next one that nginx takes works again.
    write_configuration("");
    EXPECT_EQ(shift({{"blue", 0}, {"green", 100}}, {{"blue", 100}, {"green", 0}}).code, "ok");
}

TEST_F(NginxServer, that_is_dead_is_one_clear_error) {
    const std::string before = text("web.conf");
    nginx->signal_group(SIGKILL);
    ASSERT_TRUE(nginx->wait_for(seconds(20)).value().has_value());
    const StepResult result = shift({{"blue", 0}, {"green", 100}}, {});
    EXPECT_EQ(result.code, "failed");
    EXPECT_THAT(result.detail, HasSubstr("reload: the command exited with 1: [alert] kill("));
    EXPECT_THAT(result.detail, HasSubstr("No such process"));
    EXPECT_THAT(result.detail, HasSubstr("web.conf is as it was"));
    EXPECT_EQ(text("web.conf"), before) << "when it is started again it serves what it served";
}

TEST_F(NginxServer, refuses_what_this_adapter_refuses_first) {
    // Why all servers at 0 is an error of ours: nginx has no better answer.
    std::ofstream(upstream_file()) << "upstream web { server " << blue.address() << " down; server "
                                   << green.address() << " down; }\n";
    os::SpawnOptions options;
    options.argv = nginx_argv({"-s", "reload"});
    ASSERT_EQ(os::spawn(options)->wait_for(seconds(20)).value()->exit_status, 0);
    EXPECT_TRUE(eventually("status 502"));
    EXPECT_THAT(shift({{"blue", 0}, {"green", 0}}, {}).detail, HasSubstr("not generated by Signalbox"));
    std::filesystem::remove(upstream_file());
    EXPECT_THAT(shift({{"blue", 0}, {"green", 0}}, {}).detail, HasSubstr("would be down"));
    EXPECT_EQ(shift({{"blue", 0}, {"green", 1}}, {}).code, "ok");
    EXPECT_TRUE(eventually("green"));
}

}  // namespace
}  // namespace signalbox::actions
