// SPDX-License-Identifier: Apache-2.0
// Runs admitted steps, each on its own thread: different services at once, one service's steps one after the
// other. A step is in the journal as running before it comes here, and leaves only with its `finished`
// record. Thread-safe. Everything referenced outlives the runner.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "agent/executor/actions/step.hpp"
#include "agent/executor/admission/admission.hpp"
#include "agent/executor/app/recorder.hpp"
#include "agent/executor/journal/journal.hpp"
#include "common/secret/redactor.hpp"
#include "common/secret/secret.hpp"
#include "common/telemetry/logger.hpp"

namespace signalbox::executor {

inline constexpr std::size_t kMaxSteps = 32;

struct RunnerParts {
    std::string services_root;
    std::string private_folder;
    std::string credentials_root;  // in memory: a folder below it for each service
    journal::Journal* journal = nullptr;
    const crypto::SigningKey* key = nullptr;
    const Clock* clock = nullptr;
    actions::Prober* prober = nullptr;
    const execution::ControlGroups* control_groups = nullptr;  // null: the host has none
    std::function<void()> on_records;                          // a record was added
    telemetry::Logger log;
};

class StepRunner {
  public:
    explicit StepRunner(RunnerParts parts) : parts_(std::move(parts)) {}
    ~StepRunner() { cancel_and_join(); }
    StepRunner(const StepRunner&) = delete;
    StepRunner& operator=(const StepRunner&) = delete;

    [[nodiscard]] bool has_room();
    // The journal has it as running. `admitted`: what counted as now when it was admitted.
    // `secrets`: those that the action names.
    void start(admission::Verified verified, const Recorder& recorder, std::vector<os::UniqueFd> artifacts,
               secret::Values secrets, Instant admitted);
    // From now on there is no room; returns when the last step ended, or after `grace`.
    void drain(std::chrono::seconds grace);
    // Kills what the steps run, lets them record that, and joins.
    void cancel_and_join();
    // Why no step can be taken now; empty when it can.
    [[nodiscard]] std::string problem();

  private:
    struct Work {
        Work(admission::Verified v, const Recorder& r, std::vector<os::UniqueFd> a, secret::Values s,
             Instant now, Duration boot)
            : verified(std::move(v)),
              recorder(r),
              artifacts(std::move(a)),
              secrets(std::move(s)),
              admitted(now),
              admitted_boot(boot) {}
        admission::Verified verified;
        Recorder recorder;
        std::vector<os::UniqueFd> artifacts;
        secret::Values secrets;
        secret::Patterns redact;  // made by the step's own thread
        Instant admitted;
        Duration admitted_boot;
        std::atomic<bool> done{false};
        std::thread thread;
    };
    void run(Work& work);
    actions::StepResult act(Work& work);
    void record_end(const Work& work, const actions::StepResult& result, Duration took);
    bool enter_service(const std::string& service);
    void leave_service(const std::string& service);
    bool pause(Duration time);
    void join_finished();

    RunnerParts parts_;
    std::atomic<bool> cancel_{false};
    std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    std::list<Work> works_;
    std::set<std::string> busy_;
    std::string problem_;
    bool draining_ = false;
};

}  // namespace signalbox::executor
