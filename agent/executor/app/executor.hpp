// SPDX-License-Identifier: Apache-2.0
// The executor's behaviour behind the local protocol: who it is, whom it trusts, what it admits, what it has
// to report. handle() is called by one thread at a time (the IPC server's); steps run on the runner's
// threads. Everything referenced outlives the executor.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "agent/executor/admission/admission.hpp"
#include "agent/executor/app/freshness.hpp"
#include "agent/executor/app/probes.hpp"
#include "agent/executor/app/recorder.hpp"
#include "agent/executor/app/report_limit.hpp"
#include "agent/executor/app/state_folder.hpp"
#include "agent/executor/app/step_runner.hpp"
#include "agent/executor/app/store_health.hpp"
#include "agent/ipc/server.hpp"
#include "common/crypto/sealed_box.hpp"
#include "common/telemetry/logger.hpp"

namespace signalbox::executor {

struct ExecutorParts {
    journal::Journal* journal = nullptr;
    const crypto::SigningKey* key = nullptr;
    const Clock* clock = nullptr;
    std::string nonce;    // base64url of 32 fresh bytes
    std::string boot_id;  // the kernel's
    std::string services_root;
    std::string private_folder;
    std::string credentials_root;
    const crypto::SealingKey* sealing_key = nullptr;           // what secrets for this host are sealed to
    const execution::ControlGroups* control_groups = nullptr;  // null: the host has none
    std::function<bool(const ipc::Event&)> send_event;
    telemetry::Logger log;
};

class Executor final : public ipc::Service {
  public:
    // Reads identity and trust file and records what a crash interrupted. Errors: data_loss (the stored trust
    // file does not verify), the journal's.
    [[nodiscard]] static Result<std::unique_ptr<Executor>> start(ExecutorParts parts);

    [[nodiscard]] Result<ipc::Reply> handle(ipc::Request request) override;
    // About once a second: notices that the wall clock was set, and records what was only counted.
    void tick();
    void stop(std::chrono::seconds grace);

  private:
    explicit Executor(ExecutorParts parts);
    Status load();
    Status record_interrupted();

    // One overload a request.
    Result<ipc::Reply> on(const ipc::HelloRequest& request);
    Result<ipc::Reply> on(const ipc::ProveRequest& request);
    Result<ipc::Reply> on(const ipc::ReturnRequest& request);
    Result<ipc::Reply> on(const ipc::InstallIdentityRequest& request);
    Result<ipc::Reply> on(const ipc::TrustUpdateRequest& request);
    Result<ipc::Reply> on(const ipc::WithdrawRequest& request);
    Result<ipc::Reply> on(ipc::ExecuteRequest& request);
    Result<ipc::Reply> on(const ipc::QueryRequest& request);
    Result<ipc::Reply> on(const ipc::RecordsRequest& request);
    Result<ipc::Reply> on(const ipc::ReceiptsRequest& request);
    Result<ipc::Reply> on(ipc::ProbeResultRequest& request);

    Result<admission::Host> host();
    ipc::Reply refuse(const admission::Refusal& refusal, record::ActionRecord record);
    ipc::Reply refuse_unverified(const admission::Refusal& refusal, const ipc::ExecuteRequest& request);
    void watch_clock();
    void watch_ledger();
    void watch_store();
    void record_counted(bool all);
    void alarm(const std::string& code, const Error& error);
    std::string problem();
    std::string storage_problem();
    Status require_identity() const;
    // Logged when it cannot be stored.
    void append(record::ActionRecord record);
    std::optional<Recorder> recorder();

    ExecutorParts parts_;
    Probes probes_;
    StepRunner runner_;
    journal::Identity identity_;
    std::optional<trust::TrustFile> trust_;
    std::mutex recorder_mutex_;  // guards recorder_: enrolment sets it, tick() reads it
    std::optional<Recorder> recorder_;
    Duration clock_offset_{};
    ReportLimit refusals_, alarms_;
    Freshness freshness_;
    StoreHealth store_;
    std::string last_alarm_;
};

}  // namespace signalbox::executor
