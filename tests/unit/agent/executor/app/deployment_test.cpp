// SPDX-License-Identifier: Apache-2.0
// Signed deployments through the real program: stage, activate, check, revert, and what is refused.
#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/support/executor/live_executor.hpp"

namespace signalbox::executor {
namespace {

using ::testing::HasSubstr;

std::string demo_archive(const std::string& text) {
    std::string out(1 << 20, '\0');
    std::size_t used = 0;
    archive* a = archive_write_new();
    archive_write_set_format_ustar(a);
    archive_write_add_filter_gzip(a);
    archive_write_open_memory(a, out.data(), out.size(), &used);
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, "app/version");
    archive_entry_set_mode(entry, S_IFREG | 0644);
    archive_entry_set_size(entry, static_cast<la_int64_t>(text.size()));
    archive_write_header(a, entry);
    archive_write_data(a, text.data(), text.size());
    archive_entry_free(entry);
    archive_write_close(a);
    archive_write_free(a);
    out.resize(used);
    return out;
}

class Deployment : public ::testing::Test {
  protected:
    std::string add_release(const std::string& name) {
        const std::string bytes = demo_archive(name);
        const std::string path = executor.folder.file(name + ".tar.gz");
        std::ofstream(path, std::ios::binary) << bytes;
        const crypto::Digest digest = crypto::sha256(bytes);
        auto& plan = executor.deployment;
        plan.add_step(
            name + "/stage",
            {{"kind", "artifact.stage"},
             {"service", "web"},
             {"deadline_s", 20},
             {"artifact", {{"sha256", digest.hex()}, {"size", bytes.size()}, {"format", "tar.gz"}}}},
            {digest});
        plan.add_step(name + "/activate", {{"kind", "release.activate"},
                                           {"service", "web"},
                                           {"deadline_s", 20},
                                           {"artifact_sha256", digest.hex()},
                                           {"argv", {"cat", "current/app/version"}},
                                           {"user", ""}});
        plan.add_step(name + "/activate!undo",
                      {{"kind", "release.revert"},
                       {"service", "web"},
                       {"deadline_s", 20},
                       {"of", name + "/activate"},
                       {"argv", json::Json::array()},
                       {"user", ""}},
                      {}, 1, name + "/activate");
        return path;
    }
    std::string live() const { return LiveExecutor::read(executor.root() + "/web/current/app/version"); }
    LiveExecutor executor;
};

TEST_F(Deployment, stage_activate_and_revert_with_records_of_all) {
    const std::string one = add_release("one"), two = add_release("two");
    executor.init_start_enrol();
    EXPECT_EQ(executor.execute("one/stage", one), "admitted");
    EXPECT_EQ(executor.outcome("one/stage"), "ok");
    EXPECT_EQ(executor.execute("one/activate"), "admitted");
    EXPECT_EQ(executor.outcome("one/activate"), "ok");
    EXPECT_EQ(live(), "one");
    EXPECT_EQ(executor.execute("two/stage", two), "admitted");
    EXPECT_EQ(executor.outcome("two/stage"), "ok");
    EXPECT_EQ(executor.execute("two/activate"), "admitted");
    EXPECT_EQ(executor.outcome("two/activate"), "ok");
    EXPECT_EQ(live(), "two");
    EXPECT_EQ(executor.execute("two/activate!undo"), "admitted");
    EXPECT_EQ(executor.outcome("two/activate!undo"), "ok");
    EXPECT_EQ(live(), "one");
    EXPECT_EQ(executor.execute("two/activate"), "R_DONE");
    EXPECT_EQ(executor.story(),
              "enrolled started finished:ok started finished:ok started finished:ok started finished:ok "
              "started finished:ok refused:refused:R_DONE");
    const auto rows = executor.client->records(0, 100);
    EXPECT_EQ(rows->at(4).out, "one");  // activate's cat
    EXPECT_EQ(executor.records().at(4).stdout_sha256, crypto::sha256("one"));
}

// The program's umask is 077: without care nobody but root could enter a release.
TEST_F(Deployment, a_services_user_reads_the_release_and_nothing_private) {
    const std::string user = ::geteuid() == 0 ? "nobody" : "";
    std::filesystem::permissions(executor.folder.path(), std::filesystem::perms(0755));
    const std::string one = add_release("one");
    executor.deployment.add_step("read", {{"kind", "command.run"},
                                          {"service", "web"},
                                          {"deadline_s", 20},
                                          {"argv", {"cat", "current/app/version"}},
                                          {"user", user}});
    executor.deployment.add_step("other/run", {{"kind", "command.run"},
                                               {"service", "other"},
                                               {"deadline_s", 20},
                                               {"argv", {"pwd"}},
                                               {"user", user}});
    executor.init_start_enrol();
    for (const char* step : {"one/stage", "one/activate", "read", "other/run"}) {
        EXPECT_EQ(executor.execute(step, std::string(step) == "one/stage" ? one : ""), "admitted") << step;
        EXPECT_EQ(executor.outcome(step), "ok") << executor.log();
    }
    const auto mode = [](const std::string& path) {
        struct stat info {};
        EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
        return info.st_mode & 07777U;
    };
    const std::string web = executor.root() + "/web";
    for (const std::string& path :
         {web, web + "/releases", web + "/current", web + "/current/app", executor.root() + "/other"})
        EXPECT_EQ(mode(path), 0755U) << path;
    EXPECT_EQ(mode(web + "/current/app/version"), 0644U);
    EXPECT_EQ(mode(executor.state()), 0700U);
    for (const auto& file : std::filesystem::directory_iterator(executor.state()))
        EXPECT_EQ(mode(file.path().string()) & 077U, 0U) << file.path();
}

// Somebody kills the processes that watch over a step.
TEST_F(Deployment, a_step_whose_supervision_is_killed_is_interrupted_and_dead) {
    executor.add_script("slow", "echo $$ > self; trap '' TERM; while :; do sleep 1; done", 2);
    executor.init_start_enrol();
    EXPECT_EQ(executor.execute("slow"), "admitted");
    const std::string self = executor.root() + "/web/self";
    while (LiveExecutor::read(self).empty()) ::poll(nullptr, 0, 5);
    const pid_t command = std::stoi(LiveExecutor::read(self));
    const auto parent = [](pid_t of) {
        std::ifstream stat("/proc/" + std::to_string(of) + "/stat");
        std::string id, name, state;
        pid_t above = 0;
        stat >> id >> name >> state >> above;
        return above;
    };
    const pid_t supervisor = parent(command), guard = parent(supervisor);
    ASSERT_EQ(parent(guard), executor.pid());
    ::kill(guard, SIGKILL);
    EXPECT_EQ(executor.outcome("slow"), "interrupted");
    EXPECT_NE(::kill(command, 0), 0) << "it runs on";
    EXPECT_EQ(executor.story(), "enrolled started interrupted:interrupted");
    executor.deployment.approval.steps.back().max_attempts = 2;
    EXPECT_EQ(executor.execute("slow"), "admitted");
}

TEST_F(Deployment, attack_01_a_replayed_token_runs_once) {
    executor.add_script("count", "echo run >> count", 5);
    executor.init_start_enrol();
    const std::string token = executor.deployment.token("count", 1);
    int admitted = 0, replayed = 0;
    std::mutex mutex;
    const auto present = [&] {
        for (int i = 0; i < 250; ++i) {
            const std::string answer = LiveExecutor::answer(executor.present("count", token));
            const std::lock_guard lock(mutex);
            if (answer == "admitted") ++admitted;
            if (answer == "R_REPLAY") ++replayed;
        }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back(present);
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(admitted, 1);
    EXPECT_EQ(replayed, 999);
    EXPECT_EQ(executor.outcome("count"), "ok");
    EXPECT_EQ(LiveExecutor::read(executor.root() + "/web/count"), "run\n");
    EXPECT_EQ(executor.records().size(), 1U + 2U + 999U);
}

// Whoever holds the network face cannot fill the outbox with refusals.
TEST_F(Deployment, refusals_beyond_a_burst_are_counted_and_said_at_the_stop) {
    executor.add_script("never", "echo run >> count");
    executor.init_start_enrol();
    for (int i = 0; i < 1500; ++i)
        ASSERT_EQ(LiveExecutor::answer(executor.present("never", i % 3 == 0 ? "v2.public.x" : "x")),
                  "R_FORMAT");
    EXPECT_LE(executor.records().size(), 1U + 1024U + 2U);
    executor.stop(SIGTERM);
    executor.start();
    const auto last = executor.records().back();
    EXPECT_EQ(last.kind, record::Kind::refused);
    EXPECT_EQ(last.outcome->code, "refused:R_FORMAT");
    EXPECT_THAT(last.outcome->detail, HasSubstr("more were only counted: R_FORMAT 4"));
}

TEST_F(Deployment, attack_02_fresh_tokens_do_not_exceed_the_approved_attempts) {
    executor.add_script("fails", "echo run >> count; exit 1", 3);
    executor.init_start_enrol();
    int admitted = 0, exhausted = 0;
    for (int i = 0; i < 64; ++i) {
        const std::string answer = executor.execute("fails");
        if (answer == "admitted") ++admitted;
        if (answer == "R_ATTEMPTS") ++exhausted;
        EXPECT_EQ(executor.outcome("fails"), "failed");
    }
    EXPECT_EQ(admitted, 3);
    EXPECT_EQ(exhausted, 61);
    EXPECT_EQ(LiveExecutor::read(executor.root() + "/web/count"), "run\nrun\nrun\n");
}

TEST_F(Deployment, attack_04_a_token_for_the_last_start_is_stale) {
    executor.add_script("late", "echo run >> count");
    executor.init_start_enrol();
    const std::string token = executor.deployment.token("late", 1);
    executor.stop(SIGTERM);
    executor.start();
    EXPECT_EQ(LiveExecutor::answer(executor.present("late", token)), "R_NONCE");
    EXPECT_EQ(executor.outcome("late"), "never");
    EXPECT_EQ(executor.execute("late"), "admitted");
    EXPECT_EQ(executor.outcome("late"), "ok");
}

TEST_F(Deployment, one_services_steps_run_one_after_the_other_and_the_protocol_stays_responsive) {
    executor.add_script("first", "mkfifo gate; echo first-begin >> order; cat gate; echo first-end >> order");
    executor.add_script("second", "echo second >> order");
    executor.init_start_enrol();
    EXPECT_EQ(executor.execute("first"), "admitted");
    EXPECT_EQ(executor.execute("first"), "R_BUSY");
    EXPECT_EQ(executor.execute("second"), "admitted");
    const std::string gate = executor.root() + "/web/gate";
    for (int i = 0; i < 1000 && LiveExecutor::read(executor.root() + "/web/order").empty(); ++i)
        ::poll(nullptr, 0, 10);
    EXPECT_TRUE(executor.client->hello().ok());
    std::ofstream(gate) << "go";
    EXPECT_EQ(executor.outcome("first"), "ok");
    EXPECT_EQ(executor.outcome("second"), "ok");
    EXPECT_EQ(LiveExecutor::read(executor.root() + "/web/order"), "first-begin\nfirst-end\nsecond\n");
}

TEST_F(Deployment, attack_11_after_the_window_only_the_way_back_is_open) {
    auto& plan = executor.deployment;
    executor.add_script("forward", "echo forward >> order");
    executor.add_script("back", "echo back >> order");
    plan.approval.steps.back().undo_of = StepId{"forward"};
    plan.approval.not_after = plan.now - std::chrono::seconds(1);
    executor.init_start_enrol();
    EXPECT_EQ(executor.execute("forward"), "R_WINDOW");
    EXPECT_EQ(executor.execute("back"), "admitted");
    EXPECT_EQ(executor.outcome("back"), "ok");
    EXPECT_EQ(LiveExecutor::read(executor.root() + "/web/order"), "back\n");
}

TEST_F(Deployment, health_is_probed_by_the_network_face) {
    executor.deployment.add_step(
        "health", {{"kind", "health.check"},
                   {"service", "web"},
                   {"deadline_s", 20},
                   {"http", {{"url", "http://127.0.0.1:1/health"}, {"expect", 200}, {"contains", "up"}}},
                   {"within_s", 15},
                   {"interval_ms", 10},
                   {"successes", 2}});
    executor.init_start_enrol();
    std::mutex mutex;
    std::vector<ipc::ProbeEvent> asked;
    executor.on_event = [&](const ipc::Event& event) {
        if (const auto* probe = std::get_if<ipc::ProbeEvent>(&event)) {
            const std::lock_guard lock(mutex);
            asked.push_back(*probe);
        }
    };
    EXPECT_EQ(executor.execute("health"), "admitted");
    std::size_t answered = 0;
    for (int i = 0; i < 1000 && answered < 3; ++i) {
        std::optional<ipc::ProbeEvent> next;
        {
            const std::lock_guard lock(mutex);
            if (asked.size() > answered) next = asked[answered];
        }
        if (next) {
            EXPECT_EQ(next->url, "http://127.0.0.1:1/health");
            const bool first = answered++ == 0;
            EXPECT_TRUE(executor.client->probe_result({next->id, true, first ? 503 : 200, "is up", ""}).ok());
        } else {
            ::poll(nullptr, 0, 10);
        }
    }
    EXPECT_EQ(executor.outcome("health"), "ok");
}

TEST_F(Deployment, a_deadline_ends_the_command_and_is_recorded) {
    executor.add_script("slow", "echo before; while :; do sleep 1; done", 1, 1);
    executor.init_start_enrol();
    EXPECT_EQ(executor.execute("slow"), "admitted");
    EXPECT_EQ(executor.outcome("slow"), "timed_out");
    EXPECT_EQ(executor.client->records(0, 100)->back().out, "before\n");
}

}  // namespace
}  // namespace signalbox::executor
