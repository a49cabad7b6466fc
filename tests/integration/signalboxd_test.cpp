// SPDX-License-Identifier: Apache-2.0
// The real signalboxd on a data directory that the real `signalbox init` made: its doors, its refusals, its
// exit codes, and that it comes back after a kill.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "common/http/client.hpp"
#include "common/json/json.hpp"
#include "common/os/file.hpp"
#include "common/os/process.hpp"
#include "common/os/temp_directory.hpp"

namespace signalbox {
namespace {

constexpr auto kPatience = std::chrono::seconds(30);

struct Ended {
    int exit_status = -1;
    std::string err;
};

class SignalboxdTest : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(os::write_file_atomically(scratch.file("pass"), "correct horse battery staple").ok());
        const auto made =
            run("signalbox", {"--credentials", scratch.file("credentials.json"), "init", "--cluster", "test",
                              "--data", data, "--passphrase-file", scratch.file("pass")});
        ASSERT_EQ(made.exit_status, 0) << made.err;
        const auto credentials = *json::parse(*os::read_file(scratch.file("credentials.json"), 1 << 16));
        ca_pem = credentials.at("ca_pem");
        admin_key = credentials.at("api_key");
    }

    Result<os::Child> spawn(const std::string& program, std::vector<std::string> arguments, int err,
                            const std::map<std::string, std::string>& env = {}) {
        os::SpawnOptions options;
        options.argv = std::move(arguments);
        options.argv.insert(options.argv.begin(), std::string(SIGNALBOX_BIN_DIR) + "/" + program);
        options.env = env;
        options.env["HOME"] = scratch.path();
        options.env["PATH"] = "/usr/bin:/bin";
        options.err = err;
        return os::spawn(options);
    }
    // Runs to its end.
    Ended run(const std::string& program, std::vector<std::string> arguments) {
        const auto path = scratch.file("err");
        const os::UniqueFd err(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
        auto child = spawn(program, std::move(arguments), err.get());
        if (!child) return {-1, child.error().to_string()};
        const auto ended = child->wait_for(kPatience);
        return {ended && *ended ? (**ended).exit_status : -1, *os::read_file(path, 1 << 20)};
    }
    static std::vector<std::string> flags(const std::string& directory,
                                          const std::string& https = "127.0.0.1:0") {
        return {
            "--data",         directory, "--agent-listen", "127.0.0.1:0", "--operator-listen", "127.0.0.1:0",
            "--https-listen", https};
    }
    // Starts the daemon and waits until it says where it listens.
    void start(const std::map<std::string, std::string>& env = {}) {
        auto child = spawn("signalboxd", flags(data), -1, env);
        ASSERT_TRUE(child.ok()) << child.error().to_string();
        daemon.emplace(std::move(*child));
        const auto path = data + "/run/endpoints.json";
        const auto until = std::chrono::steady_clock::now() + kPatience;
        while (std::chrono::steady_clock::now() < until) {
            const auto text = os::read_file(path, 1 << 16);
            if (text) {
                const auto found = *json::parse(*text);
                if (found.at("pid") == daemon->pid()) {
                    https = found.at("https");
                    return;
                }
            }
            const auto ended = daemon->wait_for(std::chrono::milliseconds(20));
            ASSERT_FALSE(ended && *ended) << "signalboxd ended early";
        }
        FAIL() << "signalboxd did not get ready";
    }
    int stop(int signal_number) {
        daemon->signal_group(signal_number);
        const auto ended = daemon->wait_for(kPatience);
        const int status = ended && *ended ? (**ended).exit_status : -1;
        daemon.reset();
        return status;
    }
    Result<http::ClientResponse> get(const std::string& path, const std::string& key = "") const {
        http::ClientOptions options;
        options.ca_pem = ca_pem;
        http::ClientRequest request{"GET", "https://" + https + path, {}, ""};
        if (!key.empty()) request.headers.emplace_back("authorization", "Bearer " + key);
        return http::Client(std::move(options)).send(request);
    }
    Result<http::ClientResponse> call(const std::string& method, const std::string& body,
                                      const std::string& key) const {
        http::ClientOptions options;
        options.ca_pem = ca_pem;
        http::ClientRequest request{"POST",
                                    "https://" + https + "/signalbox.v1." + method,
                                    {{"content-type", "application/json"}},
                                    body};
        if (!key.empty()) request.headers.emplace_back("authorization", "Bearer " + key);
        return http::Client(std::move(options)).send(request);
    }
    std::uint64_t ledger_size() const {
        const auto answer = call("StatusService/Get", "{}", admin_key);
        if (!answer || answer->status != 200) return 0;
        return std::stoull(json::parse(answer->body)->at("ledgerSize").get<std::string>());
    }

    os::TempDirectory scratch = *os::TempDirectory::make();
    std::string data = scratch.file("data");
    std::string ca_pem, admin_key, https;
    std::optional<os::Child> daemon;
};

// Unmounted also when a check of the test fails.
struct SmallDisk {
    explicit SmallDisk(std::string at) : path(std::move(at)) {}
    ~SmallDisk() { ::umount2(path.c_str(), MNT_DETACH); }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;
    std::string path;
};

TEST_F(SignalboxdTest, WithAnAlmostFullDiskItStartsServesAndIsNotReady) {
    const std::string small = scratch.file("small");
    std::filesystem::create_directory(small);
    if (::mount("tmpfs", small.c_str(), "tmpfs", 0, "size=48m,mode=0700") != 0) {
        ASSERT_EQ(errno, EPERM) << "only for want of root may the small disk be missing";
        GTEST_SKIP() << "only root can mount";
    }
    const SmallDisk disk(small);
    std::filesystem::copy(data, small + "/data", std::filesystem::copy_options::recursive);
    data = small + "/data";
    start();
    const auto ready = get("/readyz");
    EXPECT_EQ(ready->status, 503);
    EXPECT_NE(ready->body.find("MiB are free under " + data), std::string::npos) << ready->body;
    EXPECT_EQ(get("/healthz")->status, 200);
    EXPECT_EQ(call("StatusService/Get", "{}", admin_key)->status, 200);
    const auto made = call("AccessService/CreateApiKey", R"({"name":"eve","roles":["auditor"]})", admin_key);
    EXPECT_EQ(made->status, 200) << "it still decides: " << made->body;
    EXPECT_EQ(stop(SIGTERM), 0);
}

TEST_F(SignalboxdTest, ServesWhoHoldsAKeyAndARoleAndNobodyElse) {
    start();
    EXPECT_EQ(get("/healthz")->status, 200);
    EXPECT_EQ(get("/readyz")->status, 200);
    EXPECT_EQ(get("/metrics")->status, 401);
    EXPECT_NE(get("/metrics", admin_key)->body.find("signalbox_ready 1\n"), std::string::npos);
    EXPECT_EQ(get("/ledger/checkpoint")->body.rfind("signalbox.dev/test\n", 0), 0U);

    EXPECT_EQ(call("StatusService/Get", "{}", "")->status, 401);
    const auto status = call("StatusService/Get", "{}", admin_key);
    ASSERT_EQ(status->status, 200) << status->body;
    EXPECT_EQ(json::parse(status->body)->at("clusterId"), "test");

    const auto made = call("AccessService/CreateApiKey", R"({"name":"eve","roles":["auditor"]})", admin_key);
    ASSERT_EQ(made->status, 200) << made->body;
    const std::string auditor = json::parse(made->body)->at("apiKey");
    EXPECT_EQ(call("StatusService/Get", "{}", auditor)->status, 200);
    const auto denied =
        call("FleetService/CreateJoinToken", R"({"environment":"production","host":"a"})", auditor);
    EXPECT_EQ(denied->status, 403);
    EXPECT_EQ(json::parse(denied->body)->at("code"), "permission_denied");
    EXPECT_EQ(
        call("FleetService/CreateJoinToken", R"({"environment":"production","host":"a"})", admin_key)->status,
        200);
    const auto bad = call("FleetService/CreateJoinToken", R"({"hots":"a"})", admin_key);
    EXPECT_EQ(bad->status, 400);
    EXPECT_EQ(stop(SIGTERM), 0);
    EXPECT_FALSE(std::filesystem::exists(data + "/run/endpoints.json"));
}

TEST_F(SignalboxdTest, ComesBackAfterAKillWithItsKeysAndItsLedger) {
    start();
    const auto made = call("AccessService/CreateApiKey", R"({"name":"eve","roles":["auditor"]})", admin_key);
    const std::string auditor = json::parse(made->body)->at("apiKey");
    const auto before = ledger_size();
    stop(SIGKILL);
    start();
    EXPECT_EQ(call("StatusService/Get", "{}", auditor)->status, 200);
    EXPECT_EQ(ledger_size(), before + 1);  // nothing lost, nothing twice: only that it started again
    EXPECT_EQ(stop(SIGINT), 0);
}

TEST_F(SignalboxdTest, DoesNotStartAnewWhenItsDatabaseIsLost) {
    const auto store = data + "/store.sqlite3";
    start();
    EXPECT_EQ(stop(SIGTERM), 0);
    const std::string saved = *os::read_file(store, 64 << 20);
    const auto refused = [&] {
        const auto lost = run("signalboxd", flags(data));
        EXPECT_EQ(lost.exit_status, 1) << lost.err;
        EXPECT_NE(lost.err.find(store), std::string::npos) << lost.err;
        EXPECT_NE(lost.err.find("\nnext: restore"), std::string::npos) << lost.err;
    };
    std::filesystem::remove(store);
    refused();
    EXPECT_FALSE(std::filesystem::exists(store)) << "an empty one would hide the loss the next time";
    std::ofstream(store).close();
    refused();
    EXPECT_EQ(std::filesystem::file_size(store), 0U);
    ASSERT_TRUE(os::write_file_atomically(store, saved).ok());
    start();
    EXPECT_EQ(call("StatusService/Get", "{}", admin_key)->status, 200);
    EXPECT_EQ(stop(SIGTERM), 0);
}

TEST_F(SignalboxdTest, WhatKeepsItFromStartingIsOneErrorAndAnExitCode) {
    start();
    const auto second = run("signalboxd", flags(data));
    EXPECT_EQ(second.exit_status, 1);
    EXPECT_NE(second.err.find("another controller runs on " + data), std::string::npos) << second.err;
    const auto other = scratch.file("other");
    ASSERT_EQ(run("signalbox", {"--credentials", scratch.file("other.json"), "init", "--cluster", "other",
                                "--data", other, "--passphrase-file", scratch.file("pass")})
                  .exit_status,
              0);
    const auto taken = run("signalboxd", flags(other, https));
    EXPECT_EQ(taken.exit_status, 1);
    EXPECT_NE(taken.err.find("the port is taken"), std::string::npos) << taken.err;
    EXPECT_NE(taken.err.find("\nnext: "), std::string::npos) << taken.err;
    EXPECT_EQ(std::count(taken.err.begin(), taken.err.end(), '\n'), 2) << taken.err;
    EXPECT_EQ(stop(SIGTERM), 0);

    EXPECT_EQ(run("signalboxd", {"--data", scratch.file("none")}).exit_status, 2);
    EXPECT_EQ(run("signalboxd", {"--bogus"}).exit_status, 2);
    std::filesystem::permissions(other + "/keys/token.key", std::filesystem::perms(0644));
    const auto open_key = run("signalboxd", flags(other));
    EXPECT_EQ(open_key.exit_status, 3);
    EXPECT_NE(open_key.err.find("chmod"), std::string::npos) << open_key.err;
    std::filesystem::permissions(other + "/keys/token.key", std::filesystem::perms(0600));
    std::filesystem::copy_file(data + "/keys/token.key", other + "/keys/token.key",
                               std::filesystem::copy_options::overwrite_existing);
    const auto foreign_key = run("signalboxd", flags(other));
    EXPECT_EQ(foreign_key.exit_status, 1);
    EXPECT_NE(foreign_key.err.find("does not list"), std::string::npos) << foreign_key.err;
}

TEST_F(SignalboxdTest, TellsTheServiceManagerWhenItIsReadyAndThatItLives) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto path = scratch.file("notify");
    ASSERT_LT(path.size(), sizeof address.sun_path);
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const os::UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    timeval patience{30, 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const auto next = [&] {
        char text[256] = {};
        const auto got = ::recv(socket.get(), text, sizeof text - 1, 0);
        return got < 0 ? std::string("nothing") : std::string(text);
    };
    start({{"NOTIFY_SOCKET", path}, {"WATCHDOG_USEC", "200000"}});
    EXPECT_EQ(next(), "READY=1");
    EXPECT_EQ(next(), "WATCHDOG=1");
    daemon->signal_group(SIGTERM);
    std::string last = next();
    while (last == "WATCHDOG=1") last = next();
    EXPECT_EQ(last, "STOPPING=1");
    EXPECT_EQ(stop(SIGTERM), 0);
}

}  // namespace
}  // namespace signalbox
