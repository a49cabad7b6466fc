// SPDX-License-Identifier: Apache-2.0
// The server and the client over a real socket.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>

#include "agent/ipc/channel.hpp"
#include "agent/ipc/client.hpp"
#include "agent/ipc/server.hpp"

namespace signalbox::ipc {
namespace {

using ::testing::HasSubstr;

class Folder {
  public:
    Folder() {
        std::string name = std::filesystem::temp_directory_path() / "sb-ipc-XXXXXX";
        path_ = ::mkdtemp(name.data());
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    std::string file(const std::string& name) const { return path_ / name; }
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

// Answers execute with what it read from the descriptors.
class Echo final : public Service {
  public:
    Result<Reply> handle(Request request) override {
        if (auto* execute = std::get_if<ExecuteRequest>(&request)) {
            std::string seen;
            for (const auto& artifact : execute->artifacts) {
                char buffer[64];
                const ssize_t got = ::read(artifact.get(), buffer, sizeof(buffer));
                seen += std::string(buffer, got > 0 ? static_cast<std::size_t>(got) : 0) + ";";
            }
            return Reply(ExecuteReply{false, "", "R_BUSY", 1, seen});
        }
        if (std::holds_alternative<HelloRequest>(request)) {
            Hello hello;
            hello.version = "echo";
            return Reply(hello);
        }
        return Error(Code::failed_precondition, "not here", "Ask elsewhere.");
    }
};

// What was said on other threads; waits for it with a deadline.
class Heard {
  public:
    void say(const std::string& text) {
        const std::lock_guard lock(mutex_);
        text_ += text;
        changed_.notify_all();
    }
    bool wait_for(const std::string& part) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(10),
                                 [&] { return text_.find(part) != std::string::npos; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::string text_;
};

class IpcSocket : public ::testing::Test {
  protected:
    std::unique_ptr<Server> start(std::set<uid_t> allowed = {::getuid()}) {
        auto server = Server::start({folder.file("s"), std::move(allowed), std::nullopt,
                                     [this](const std::string& p) { problems.say(p); }},
                                    echo);
        EXPECT_TRUE(server.ok()) << server.error().to_string();
        return std::move(server).value();
    }
    std::unique_ptr<Client> connect(ClientHandlers handlers = {}) {
        auto client = Client::connect(folder.file("s"), std::move(handlers), std::chrono::seconds(10));
        EXPECT_TRUE(client.ok()) << client.error().to_string();
        return std::move(client).value();
    }
    Descriptor file_with(const std::string& text) {
        const std::string path = folder.file("f" + text);
        std::ofstream(path) << text;
        return Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    }

    Folder folder;
    Echo echo;
    Heard problems;
};

TEST_F(IpcSocket, calls_descriptors_errors_and_events) {
    auto server = start();
    struct stat info {};
    ASSERT_EQ(::stat(folder.file("s").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777U, 0600U);

    Heard events;
    auto client = connect({[&](const Event& e) { events.say(std::get<ProbeEvent>(e).url); }, {}});
    EXPECT_EQ(client->hello()->version, "echo");

    ExecuteRequest request;
    request.approval = std::string(2'000'000, 'a');  // many reads and writes
    request.artifacts.push_back(file_with("one"));
    request.artifacts.push_back(file_with("two"));
    const auto reply = client->execute(std::move(request));
    ASSERT_TRUE(reply.ok()) << reply.error().to_string();
    EXPECT_EQ(reply->detail, "one;two;");

    const auto refused = client->query({}, StepId("s"));
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().remedy(), "Ask elsewhere.");

    EXPECT_TRUE(server->send(ProbeEvent{"1", "http://x/", 5}));
    EXPECT_TRUE(events.wait_for("http://x/"));
}

TEST_F(IpcSocket, a_new_client_replaces_the_old_one) {
    auto server = start();
    Heard closed;
    auto first = connect({{}, [&](const Error& e) { closed.say(e.message()); }});
    ASSERT_TRUE(first->hello().ok());
    auto second = connect();
    EXPECT_TRUE(second->hello().ok());
    EXPECT_TRUE(closed.wait_for("closed"));
    EXPECT_EQ(first->hello().error().code(), Code::unavailable);
    EXPECT_TRUE(second->hello().ok());
}

TEST_F(IpcSocket, attack_48_another_local_user_is_cut) {
    auto server = start({::getuid() + 4242});
    Heard closed;
    auto client = connect({{}, [&](const Error& e) { closed.say(e.message()); }});
    EXPECT_FALSE(client->hello().ok());
    EXPECT_TRUE(problems.wait_for("refused a local connection by uid"));
}

TEST_F(IpcSocket, a_peer_that_speaks_something_else_is_cut) {
    auto server = start();
    auto raw = connect_unix(folder.file("s"));
    ASSERT_TRUE(raw.ok());
    ASSERT_EQ(::write(raw->get(), "GET / HTTP/1.1\r\n\r\n", 18), 18);
    EXPECT_FALSE(receive_frame(*raw).ok());
    EXPECT_TRUE(problems.wait_for("over the cap"));
    EXPECT_TRUE(connect()->hello().ok());
}

TEST_F(IpcSocket, attack_30_an_unsafe_folder_is_refused_with_the_remedy) {
    std::filesystem::permissions(folder.path(), std::filesystem::perms(0777));
    const auto server = Server::start({folder.file("s"), {}, std::nullopt, [](const std::string&) {}}, echo);
    ASSERT_FALSE(server.ok());
    EXPECT_EQ(server.error().code(), Code::permission_denied);
    EXPECT_THAT(server.error().remedy(), HasSubstr("chmod go-w"));
}

TEST_F(IpcSocket, a_served_socket_is_not_taken_over_and_a_stale_one_is) {
    auto server = start();
    const auto second = Server::start({folder.file("s"), {}, std::nullopt, [](const std::string&) {}}, echo);
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().code(), Code::already_exists);
    server.reset();
    ASSERT_EQ(::mknod(folder.file("s").c_str(), S_IFSOCK | 0600, 0), 0);
    EXPECT_TRUE(start() != nullptr);
}

}  // namespace
}  // namespace signalbox::ipc
