// SPDX-License-Identifier: Apache-2.0
// Runs the whole program in memory: outputs are texts, the controller is a table of answers, the prompt a
// list.
#pragma once

#include <fmt/format.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/crypto/key_file.hpp"
#include "common/os/temp_directory.hpp"
#include "controller/cli/app.hpp"
#include "controller/cli/context.hpp"
#include "controller/cli/exit_code.hpp"
#include "controller/cli/file.hpp"

namespace signalbox::cli {

class TextOutput final : public Output {
  public:
    Status write(std::string_view more) override {
        if (failure) return *failure;
        text += more;
        return {};
    }
    std::string text;
    std::optional<Error> failure;
};

class ScriptedPrompt final : public Prompt {
  public:
    [[nodiscard]] bool interactive() const override { return is_interactive; }
    [[nodiscard]] Result<crypto::SecretBytes> secret(std::string_view question) override {
        asked.emplace_back(question);
        if (secrets.empty()) return Error(Code::cancelled, "stopped at the question");
        const std::string next = secrets.front();
        secrets.pop_front();
        return crypto::SecretBytes::from_text(next);
    }
    [[nodiscard]] Result<bool> confirm(std::string_view question) override {
        asked.emplace_back(question);
        return yes;
    }
    bool is_interactive = true;
    bool yes = false;
    std::deque<std::string> secrets;
    std::vector<std::string> asked;
};

class FixedClock final : public Clock {
  public:
    [[nodiscard]] Instant now() const override { return at; }
    [[nodiscard]] Duration boot() const override { return at.time_since_epoch(); }
    Instant at = *parse_rfc3339("2026-11-23T09:00:00Z");
};

// Answers by method; unknown methods are a failure that the test sees.
class FakeApi {
  public:
    template <class Request, class Response>
    void on(const std::string& method, std::function<Result<Response>(const Request&)> answer) {
        answers_[method] = [answer](const google::protobuf::MessageLite& in,
                                    google::protobuf::MessageLite& out) -> Status {
            Result<Response> made = answer(static_cast<const Request&>(in));
            if (!made) return std::move(made).error();
            static_cast<Response&>(out) = *std::move(made);
            return {};
        };
    }
    Status call(std::string_view method, const google::protobuf::MessageLite& in,
                google::protobuf::MessageLite& out) {
        calls.emplace_back(method);
        const auto found = answers_.find(std::string(method));
        if (found == answers_.end())
            return Error(Code::internal, fmt::format("the test answers no {}", method));
        return found->second(in, out);
    }
    std::vector<std::string> calls;

  private:
    std::map<std::string,
             std::function<Status(const google::protobuf::MessageLite&, google::protobuf::MessageLite&)>>
        answers_;
};

class FakeApiPort final : public ApiPort {
  public:
    explicit FakeApiPort(FakeApi& api) : api_(api) {}
    Status call(std::string_view method, const google::protobuf::MessageLite& request,
                google::protobuf::MessageLite& response, Duration) override {
        return api_.call(method, request, response);
    }

  private:
    FakeApi& api_;
};

inline constexpr std::string_view kSomePem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

// One person at one terminal. Each run() is one invocation; out and err hold what it wrote.
class Person {
  public:
    Person() : folder_(*os::TempDirectory::make()) {
        variables_["HOME"] = folder_.path();
        variables_["SIGNALBOX_CREDENTIALS"] = folder_.file("credentials.json");
    }
    void has_credentials() {
        const std::string text =
            serialize(Credentials{"https://127.0.0.1:8443", std::string(kSomePem), "sbk_0123456789ab_x"});
        (void)crypto::write_secret_file(folder_.file("credentials.json"), as_bytes(text));
    }
    int run(const std::vector<std::string>& arguments) {
        out.text.clear();
        err.text.clear();
        Context context{out,
                        err,
                        prompt,
                        clock,
                        random_,
                        [this](const Credentials&) -> Result<std::unique_ptr<ApiPort>> {
                            return std::unique_ptr<ApiPort>(std::make_unique<FakeApiPort>(api));
                        },
                        variables_,
                        terminal,
                        terminal,
                        [this](Duration d) { clock.at += d, ++pauses; },
                        false,
                        ""};
        return cli::run(arguments, context);
    }
    [[nodiscard]] std::string file(const std::string& name) const { return folder_.file(name); }
    std::string write(const std::string& name, std::string_view content, unsigned mode = 0600) {
        (void)replace_file(folder_.file(name), content, mode);
        return folder_.file(name);
    }
    void set(const std::string& name, const std::string& value) { variables_[name] = value; }

    TextOutput out;
    TextOutput err;
    ScriptedPrompt prompt;
    FixedClock clock;
    FakeApi api;
    Terminal terminal;
    int pauses = 0;

  private:
    os::TempDirectory folder_;
    crypto::SystemRandom random_;
    Variables variables_;
};

}  // namespace signalbox::cli
