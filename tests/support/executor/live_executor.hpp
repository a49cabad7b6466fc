// SPDX-License-Identifier: Apache-2.0
// A real signalbox-executor process with its own state, and a client that plays the network face. Everything
// ends with the test.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "agent/ipc/client.hpp"
#include "common/join/join_line.hpp"
#include "common/os/process.hpp"
#include "common/os/temp_directory.hpp"
#include "common/record/record.hpp"
#include "tests/support/executor/deployment_fixture.hpp"

namespace signalbox::executor {

inline const std::string kProgram = std::string(SIGNALBOX_BIN_DIR) + "/signalbox-executor";

class LiveExecutor {
  public:
    LiveExecutor() {
        deployment.now = from_unix_seconds(unix_seconds(SystemClock().now()));
        deployment.approval.not_before = deployment.now - std::chrono::hours(1);
        deployment.approval.not_after = deployment.now + std::chrono::hours(1);
        deployment.approval.undo_not_after = deployment.now + std::chrono::hours(3);
        std::filesystem::create_directory(root());
        std::filesystem::permissions(root(), std::filesystem::perms(0755));
    }
    ~LiveExecutor() {
        client.reset();
        if (child_) child_->signal_group(SIGKILL);
    }

    [[nodiscard]] std::string state() const { return folder.file("state"); }
    [[nodiscard]] std::string root() const { return folder.file("services"); }
    [[nodiscard]] std::string socket() const { return folder.file("socket"); }
    [[nodiscard]] std::int64_t pid() const { return child_->pid(); }
    [[nodiscard]] std::string log() const { return read(folder.file("log")); }
    [[nodiscard]] static std::string read(const std::string& path) {
        std::ifstream file(path);
        std::stringstream text;
        text << file.rdbuf();
        return text.str();
    }

    [[nodiscard]] std::string join_line() const {
        join::JoinLine line;
        line.address = "127.0.0.1:7443";
        line.ca_der = to_bytes("certificate");
        line.cluster = ClusterId{"demo"};
        line.environment = "production";
        line.host = deployment.host_name;
        line.id = "0123456789abcdef";
        line.secret = crypto::SecretBytes(join::kSecretBytes);
        line.trust_sha256 = crypto::sha256(deployment.trust.text());
        return join::to_text(line);
    }
    // The exit status of the program run to its end.
    int run(std::vector<std::string> arguments) {
        auto child = spawn(std::move(arguments), {});
        const auto ended = child.wait_for(std::chrono::seconds(20));
        return ended && *ended ? (*ended)->exit_status : -1;
    }
    int init() {
        std::ofstream(folder.file("join")) << join_line();
        return run({"init", "--state", state(), "--join", "@" + folder.file("join")});
    }
    // Starts the daemon and connects.
    void start(const std::string& failpoint = {}) {
        std::map<std::string, std::string> env;
        if (!failpoint.empty()) env["SIGNALBOX_FAILPOINT"] = failpoint;
        start_in(env);
    }
    void start_in(const std::map<std::string, std::string>& env) {
        client.reset();
        child_.emplace(spawn({"--state", state(), "--socket", socket(), "--services-root", root()}, env));
        for (int i = 0; i < 1000 && !client; ++i) {
            auto connected =
                ipc::Client::connect(socket(), {[this](const ipc::Event& event) { on_event(event); }, {}},
                                     std::chrono::seconds(20));
            if (connected) client = *std::move(connected);
            if (!client) ::poll(nullptr, 0, 10);
        }
        ASSERT_TRUE(client) << log();
        const auto hello = client->hello();
        ASSERT_TRUE(hello.ok()) << hello.error().to_string();
        deployment.nonce = hello->nonce;
        deployment.record_key = crypto::PublicKey::from_paserk(hello->record_public).value();
    }
    // How it ended; it must end by itself within 20 s.
    os::ExitState wait_for_end() {
        const auto ended = child_->wait_for(std::chrono::seconds(20));
        EXPECT_TRUE(ended.ok() && ended->has_value()) << log();
        return ended.ok() && *ended ? **ended : os::ExitState{};
    }
    os::ExitState stop(int signal) {
        ::kill(static_cast<pid_t>(child_->pid()), signal);
        return wait_for_end();
    }
    void enrol() {
        const auto installed = client->install_identity(deployment.agent, deployment.trust.text());
        ASSERT_TRUE(installed.ok()) << installed.error().to_string();
    }
    void init_start_enrol(const std::string& failpoint = {}) {
        ASSERT_EQ(init(), 0) << log();
        start(failpoint);
        enrol();
    }

    // A step that runs a shell script; its action says so openly.
    void add_script(const std::string& step, const std::string& script, int max_attempts = 1,
                    int deadline_s = 20) {
        deployment.add_step(step,
                            {{"kind", "command.run"},
                             {"service", "web"},
                             {"deadline_s", deadline_s},
                             {"argv", {"/bin/sh", "-c", script}}},
                            {}, max_attempts);
    }
    [[nodiscard]] Result<ipc::ExecuteReply> present(const std::string& step, const std::string& token,
                                                    const std::string& artifact_path = {}) {
        ipc::ExecuteRequest request{token, deployment.actions.at(step), deployment.approval_text(), {}, {}};
        if (!artifact_path.empty())
            request.artifacts.emplace_back(::open(artifact_path.c_str(), O_RDONLY | O_CLOEXEC));
        return client->execute(std::move(request));
    }
    // With a fresh token. "admitted", "R_…" or the error.
    std::string execute(const std::string& step, const std::string& artifact_path = {}) {
        return answer(present(step, deployment.token(step, ++tokens_), artifact_path));
    }
    static std::string answer(const Result<ipc::ExecuteReply>& reply) {
        if (!reply) return reply.error().to_string();
        return reply->admitted ? "admitted" : reply->refusal;
    }
    // The outcome's code once the step is done.
    std::string outcome(const std::string& step) {
        const auto approval = trust::approval_digest(trust::serialize(deployment.approval));
        for (int i = 0; i < 2000; ++i) {
            const auto reply = client->query(approval, StepId{step});
            if (!reply) return reply.error().to_string();
            if (reply->state == ipc::StepState::never) return "never";
            if (reply->state == ipc::StepState::done) return reply->outcome->code;
            ::poll(nullptr, 0, 10);
        }
        return "still running";
    }
    // Every record that waits, verified: signature, sequence and chain.
    std::vector<record::ActionRecord> records() {
        std::vector<record::ActionRecord> out;
        crypto::Digest prev;
        for (;;) {
            const auto page = client->records(out.empty() ? 0 : out.back().seq, 100);
            EXPECT_TRUE(page.ok());
            if (!page || page->empty()) return out;
            for (const auto& row : *page) {
                const auto opened = record::open(row.envelope);
                EXPECT_TRUE(opened.ok());
                EXPECT_TRUE(dsse::signed_by(opened->envelope, deployment.record_key));
                const auto parsed = record::parse_action_record(opened->envelope.payload);
                EXPECT_TRUE(parsed.ok());
                EXPECT_TRUE(parsed->prev == prev || (out.empty() && parsed->seq > 1)) << parsed->seq;
                prev = crypto::sha256(opened->envelope.payload);
                out.push_back(*parsed);
            }
        }
    }
    // Their kinds in order: "enrolled started finished:ok".
    std::string story() {
        std::string text;
        for (const auto& record : records()) {
            text += (text.empty() ? "" : " ") + std::string(record::to_string(record.kind));
            if (record.outcome) text += ":" + record.outcome->code;
        }
        return text;
    }

    os::TempDirectory folder = std::move(os::TempDirectory::make()).value();
    support::DeploymentFixture deployment;
    std::unique_ptr<ipc::Client> client;
    std::function<void(const ipc::Event&)> on_event = [](const ipc::Event&) {};

  private:
    os::Child spawn(std::vector<std::string> arguments, std::map<std::string, std::string> env) {
        os::SpawnOptions options;
        options.argv = {kProgram};
        options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
        options.env = std::move(env);
        const os::UniqueFd out(
            ::open(folder.file("log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
        options.out = options.err = out.get();
        return os::spawn(options).value();
    }

    std::optional<os::Child> child_;
    int tokens_ = 1000;  // above the numbers that tests give themselves
};

}  // namespace signalbox::executor
