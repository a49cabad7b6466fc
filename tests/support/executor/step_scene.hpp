// SPDX-License-Identifier: Apache-2.0
// A services root, the context of a step in it, and memory for its switches.
#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "agent/executor/actions/step.hpp"
#include "common/os/temp_directory.hpp"
#include "tests/fakes/manual_clock.hpp"

namespace signalbox::actions {

class RememberedSwitches final : public SwitchMemory {
  public:
    Result<std::optional<Switch>> find(const StepId& step) override {
        const auto at = known.find(step);
        return at == known.end() ? std::optional<Switch>() : std::optional(at->second);
    }
    Status remember(const StepId& step, const Switch& change) override {
        known[step] = change;
        return {};
    }
    std::map<StepId, Switch> known;
};

class FakeProber final : public Prober {
  public:
    Result<ProbeAnswer> get(const std::string& url, std::chrono::milliseconds) override {
        urls.push_back(url);
        takes();
        if (answers.empty()) return Error(Code::unavailable, "nobody answers");
        ProbeAnswer answer = answers.front();
        answers.erase(answers.begin());
        return answer;
    }
    std::vector<ProbeAnswer> answers;
    std::vector<std::string> urls;
    std::function<void()> takes = [] {};  // the time that an answer takes
};

struct Stage {
    os::TempDirectory folder = std::move(os::TempDirectory::make()).value();
    SystemClock system_clock;
    fakes::ManualClock manual_clock;
    std::atomic<bool> cancel{false};
    RememberedSwitches switches;
    FakeProber prober;

    [[nodiscard]] StepContext context(const std::string& step = "step") {
        StepContext out;
        out.services_root = folder.path();
        out.private_folder = folder.path();
        out.service = "web";
        out.release_id = "web-1.0.0-1";
        out.step_id = StepId{step};
        out.clock = &system_clock;
        out.deadline = system_clock.boot() + std::chrono::seconds(30);
        out.cancel = &cancel;
        out.pause = [this](Duration time) {
            manual_clock.advance(time);
            return !cancel.load();
        };
        out.switches = &switches;
        out.prober = &prober;
        return out;
    }
    [[nodiscard]] std::string root() const { return folder.path() + "/web"; }
    [[nodiscard]] std::string read(const std::string& name) const {
        std::ifstream file(root() + "/" + name);
        std::stringstream text;
        text << file.rdbuf();
        return text.str();
    }
};

}  // namespace signalbox::actions
