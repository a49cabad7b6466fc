// SPDX-License-Identifier: Apache-2.0
// Against OpenSSH's own ssh-agent, and against agents that lie.
#include "controller/cli/ssh_agent.hpp"

#include <gmock/gmock.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "common/crypto/encoding.hpp"
#include "common/os/temp_directory.hpp"
#include "controller/cli/ssh_wire.hpp"

namespace signalbox::cli {
namespace {

using testing::HasSubstr;

pid_t start(const std::vector<std::string>& argv, const std::string& socket) {
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::setenv("SSH_AUTH_SOCK", socket.c_str(), 1);
    std::vector<char*> raw;
    for (const auto& word : argv) raw.push_back(const_cast<char*>(word.c_str()));
    raw.push_back(nullptr);
    if (::freopen("/dev/null", "w", stdout) == nullptr || ::freopen("/dev/null", "w", stderr) == nullptr)
        ::_exit(126);
    ::execvp(raw[0], raw.data());
    ::_exit(127);
}

int run(const std::vector<std::string>& argv, const std::string& socket = "") {
    int status = 0;
    ::waitpid(start(argv, socket), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

class RealAgent : public testing::Test {
  protected:
    void SetUp() override {
        socket_ = folder_.file("agent");
        pid_ = start({"ssh-agent", "-D", "-a", socket_}, "");
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (::access(socket_.c_str(), F_OK) != 0 && std::chrono::steady_clock::now() < until)
            std::this_thread::yield();
        ASSERT_EQ(::access(socket_.c_str(), F_OK), 0);
        add("ed25519", "alice@laptop");
        add("ecdsa", "other-kind");
    }
    void TearDown() override {
        ::kill(pid_, SIGTERM);
        ::waitpid(pid_, nullptr, 0);
    }
    void add(const std::string& type, const std::string& comment) {
        const std::string path = folder_.file(type + comment);
        ASSERT_EQ(run({"ssh-keygen", "-q", "-t", type, "-N", "", "-C", comment, "-f", path}), 0);
        ASSERT_EQ(run({"ssh-add", "-q", path}, socket_), 0);
        paths_.push_back(path);
    }
    os::TempDirectory folder_ = *os::TempDirectory::make();
    std::string socket_;
    std::vector<std::string> paths_;
    pid_t pid_ = -1;
};

TEST_F(RealAgent, ListsOnlyEd25519KeysWithTheFingerprintThatOpenSshShows) {
    const auto found = list_ssh_identities(socket_);
    ASSERT_TRUE(found) << found.error().to_string();
    ASSERT_EQ(found->size(), 1U);
    EXPECT_EQ((*found)[0].comment, "alice@laptop");
    std::ifstream file(paths_[0] + ".pub");
    std::string line;
    std::getline(file, line);
    EXPECT_EQ(line, ssh_public_line((*found)[0].key) + " alice@laptop");
    EXPECT_EQ((*found)[0].fingerprint.size(), std::string("SHA256:").size() + 43);
}

TEST_F(RealAgent, SignsSoThatAnyEd25519VerifierAgrees) {
    for (const std::string& which :
         std::vector<std::string>{std::string("alice@laptop"), (*list_ssh_identities(socket_))[0].fingerprint,
                                  (*list_ssh_identities(socket_))[0].key.id().str()}) {
        const auto identity = find_ssh_identity(socket_, which);
        ASSERT_TRUE(identity) << which;
        const SshAgentSigner signer(socket_, *identity);
        const auto signature = signer.sign(as_bytes("exactly this"));
        ASSERT_TRUE(signature) << signature.error().to_string();
        EXPECT_TRUE(signer.public_key().verify(as_bytes("exactly this"), *signature));
        EXPECT_FALSE(signer.public_key().verify(as_bytes("exactly that"), *signature));
    }
}

TEST_F(RealAgent, NamesWhatThereIsWhenAKeyIsUnknown) {
    const auto missing = find_ssh_identity(socket_, "bob");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code(), Code::not_found);
    EXPECT_THAT(missing.error().remedy(), HasSubstr("alice@laptop"));
    add("ed25519", "alice@laptop2");
    add("ed25519", "twin");
    ::unlink(paths_.back().c_str());
    ASSERT_EQ(run({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "twin", "-f", folder_.file("t2")}),
              0);
    ASSERT_EQ(run({"ssh-add", "-q", folder_.file("t2")}, socket_), 0);
    EXPECT_EQ(find_ssh_identity(socket_, "twin").error().code(), Code::invalid_argument);
}

TEST_F(RealAgent, SaysSoWhenTheAgentForgotTheKey) {
    const auto identity = find_ssh_identity(socket_, "alice@laptop");
    ASSERT_TRUE(identity);
    ASSERT_EQ(run({"ssh-add", "-q", "-D"}, socket_), 0);
    const auto refused = SshAgentSigner(socket_, *identity).sign(as_bytes("x"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Code::permission_denied);
}

TEST(SshAgent, WithoutAnAgentSaysHowToGetOne) {
    EXPECT_EQ(list_ssh_identities("").error().code(), Code::failed_precondition);
    const auto gone = list_ssh_identities("/nonexistent/socket");
    EXPECT_EQ(gone.error().code(), Code::failed_precondition) << "it is not the controller";
    EXPECT_THAT(gone.error().remedy(), HasSubstr("ssh-agent"));
}

// An agent that answers every request with the same bytes.
class LyingAgent {
  public:
    explicit LyingAgent(Bytes answer)
        : path_(folder_.file("agent")), fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path_.copy(address.sun_path, sizeof address.sun_path - 1);
        (void)::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
        (void)::listen(fd_, 4);
        thread_ = std::thread([this, answer] {
            while (true) {
                const int client = ::accept(fd_, nullptr, nullptr);
                if (client < 0) return;
                std::array<char, 4096> request{};
                (void)::recv(client, request.data(), request.size(), 0);
                (void)::send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
                ::close(client);
            }
        });
    }
    ~LyingAgent() {
        ::shutdown(fd_, SHUT_RDWR);
        thread_.join();
        ::close(fd_);
    }
    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    os::TempDirectory folder_ = *os::TempDirectory::make();
    std::string path_;
    int fd_;
    std::thread thread_;
};

Bytes framed(const SshWriter& message) {
    SshWriter out;
    out.string(message.bytes());
    return out.bytes();
}

TEST(SshAgent, ASignatureThatDoesNotVerifyIsNeverUsed) {
    const crypto::SigningKey key = crypto::SigningKey::generate();
    SshWriter signature;
    signature.string(as_bytes("ssh-ed25519"));
    const crypto::Signature other = key.sign_now(as_bytes("something else"));
    signature.string(other);
    SshWriter answer;
    answer.byte(14);
    answer.string(signature.bytes());
    const LyingAgent agent(framed(answer));
    const auto result = SshAgentSigner(agent.path(), {key.public_key(), "k", "f"}).sign(as_bytes("this"));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), Code::data_loss);
    EXPECT_THAT(result.error().message(), HasSubstr("does not verify"));
}

TEST(SshAgent, HostileAnswersAreErrors) {
    SshWriter many;
    many.byte(12);
    many.uint32(0xffffffff);
    SshWriter torn;
    torn.byte(12);
    torn.uint32(1);
    torn.uint32(0x7fffffff);
    for (const Bytes& answer : {Bytes{}, Bytes{0, 0}, Bytes{0xff, 0xff, 0xff, 0xff}, Bytes{0, 0, 0, 0},
                                framed(many), framed(torn)}) {
        const LyingAgent agent(answer);
        EXPECT_FALSE(list_ssh_identities(agent.path()));
    }
}

}  // namespace
}  // namespace signalbox::cli
