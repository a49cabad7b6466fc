// SPDX-License-Identifier: Apache-2.0
// A release of a thousand hosts, three steps each, through the engine and the SQLite store on disk, with
// hosts that obey at once. Beside it, in the same run and on the same disk, what nothing can beat: durable
// appends to a plain file, and durable commits of a row to SQLite; and the same release with a store in
// memory.
//   engine_bench [FOLDER]   FOLDER: on the disk to measure, default the system's for temporary files
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <string>

#include "common/crypto/keys.hpp"
#include "common/os/file.hpp"
#include "common/os/temp_directory.hpp"
#include "common/record/record.hpp"
#include "common/sqlite/database.hpp"
#include "common/token/token.hpp"
#include "controller/release/dispatch/engine.hpp"
#include "controller/storage/storage.hpp"
#include "tests/fakes/agent_port.hpp"
#include "tests/fakes/fixed_random.hpp"
#include "tests/fakes/hybrid_release.hpp"
#include "tests/fakes/manual_clock.hpp"
#include "tests/fakes/manual_strand.hpp"
#include "tests/fakes/release_store.hpp"

namespace signalbox::dispatch {
namespace {

constexpr int kHosts = 1000;
constexpr int kInFlight = 50;
constexpr int kAppends = 2000;
constexpr std::size_t kRowBytes = 1500;  // about one ledger entry

template <class T>
T must(Result<T> result) {
    if (result) return std::move(result).value();
    fmt::print(stderr, "error: {}\n", result.error().to_string());
    std::exit(1);
}
void must(const Status& status) {
    if (status.ok()) return;
    fmt::print(stderr, "error: {}\n", status.error().to_string());
    std::exit(1);
}

double seconds_since(Duration start) {
    return std::chrono::duration<double>(SystemClock().boot() - start).count();
}

class Trust final : public TrustPort {
  public:
    [[nodiscard]] const trust::TrustFile* current() const override { return &fixture.file; }
    [[nodiscard]] const crypto::SigningKey& token_key() const override { return fixture.token; }
    fakes::TrustFixture fixture;
};

std::string host_name(int number) {
    return "host-" + std::to_string(number);
}

Loaded make_release(const Trust& trust, Instant now) {
    plan::Plan plan = fakes::make_plan("shop", 1);
    plan::PlanEnvironment stage;
    stage.name = "staging";
    stage.tier = "staging";
    stage.caps["environment:staging"] = {kInFlight, kInFlight, "", kInFlight};
    plan::PlanGroup group = fakes::hybrid_group("shop", "dc1", "in_place", host_name(0));
    group.hosts.clear();
    for (int number = 0; number < kHosts; ++number) {
        const std::string host = host_name(number);
        group.hosts.push_back(host);
        const auto first =
            fakes::hybrid_step("staging/" + host + "/stage", host, "artifact.stage", "shop", {});
        const auto second = fakes::hybrid_step("staging/" + host + "/activate", host, "release.activate",
                                               "shop", {first.id.str()});
        const auto third =
            fakes::hybrid_step("staging/" + host + "/check", host, "health.check", "shop", {second.id.str()});
        stage.steps.insert(stage.steps.end(), {first, second, third});
        stage.undo.push_back(fakes::hybrid_undo(second, "release.revert", {}));
    }
    group.batch = kHosts;
    stage.groups = {group};
    plan.environments = {stage};
    Loaded out;
    out.plan = plan;
    out.plan_text = plan::serialize(plan);
    const Instant to = now + std::chrono::hours(24);
    out.spec = must(spec_of(out.plan, {now, now, to, to}));
    const trust::Approval approval =
        must(plan::approval_for(plan, "staging", {now, to, to, {}, crypto::KeyId()}));
    out.approvals.push_back({plan.release_id, "staging", trust::serialize(approval),
                             fakes::TrustFixture::sign_approval(approval, {&trust.fixture.ann})});
    return out;
}

struct Figures {
    double seconds = 0;  // without what the hosts do
    std::size_t steps = 0;
    std::size_t commits = 0;
};

// The hosts' side: each order is admitted, started and finished, and both are reported by signed records.
class Fleet {
  public:
    explicit Fleet(const Trust& trust) {
        for (int number = 0; number < kHosts; ++number) {
            port.agents[fakes::agent_of(host_name(number))] = {
                host_name(number),         "staging", "active", true, "", "nonce", key.public_key().id(),
                trust.fixture.file.version};
        }
    }
    fleet::VerifiedRecord make(const AgentId& agent, const token::Claims& claims, record::Kind kind) {
        record::ActionRecord made;
        made.cluster_id = ClusterId("demo");
        made.agent_id = agent;
        made.boot_id = "boot";
        made.seq = ++seq_[agent];
        made.kind = kind;
        made.time_wall = from_unix_seconds(1'800'000'000);
        made.approval_sha256 = claims.apr;
        made.step_id = claims.stp;
        made.attempt = claims.att;
        if (kind == record::Kind::finished) made.outcome.emplace().code = "ok";
        return {made, must(ledger::Sealer::record(record::seal(made, key), made, key.public_key()))};
    }
    fakes::AgentPort port;
    crypto::SigningKey key = fakes::test_key(50);

  private:
    std::map<AgentId, std::int64_t> seq_;
};

Figures run(ReleaseStore& store) {
    Trust trust;
    fakes::ManualClock clock;
    fakes::ManualStrand strand(clock);
    fakes::FixedRandom random(7);
    Fleet fleet(trust);
    const ledger::Sealer sealer(ClusterId("demo"), trust.fixture.ledger);
    Figures out;
    Engine engine({store,
                   sealer,
                   fleet.port,
                   trust,
                   strand,
                   clock,
                   random,
                   gate::standard_gates(),
                   telemetry::Logger::silent(),
                   [&] { ++out.commits; },
                   {}});
    must(engine.open());
    Loaded release = make_release(trust, clock.now());
    Duration theirs{};
    const SystemClock real;
    const Duration start = real.boot();
    must(engine.start(std::move(release)));
    strand.run_ready();
    while (!engine.state().releases.empty()) {
        if (out.steps == fleet.port.executed.size()) break;
        const auto [agent, order] = fleet.port.executed[out.steps++];
        const Duration begin = real.boot();
        const auto claims = must(token::parse_claims(must(token::open(order.token)).message));
        auto started = fleet.make(agent, claims, record::Kind::started);
        auto finished = fleet.make(agent, claims, record::Kind::finished);
        theirs += real.boot() - begin;
        engine.execute_answered(agent, {order.dispatch_id, true, "", ""});
        must(engine.accept(agent, {std::move(started)}));
        must(engine.accept(agent, {std::move(finished)}));
        strand.run_ready();
    }
    out.seconds = seconds_since(start) - std::chrono::duration<double>(theirs).count();
    if (!engine.state().releases.empty() || out.steps != 3 * kHosts) {
        fmt::print(stderr, "error: the release stopped after {} of {} steps\n", out.steps, 3 * kHosts);
        std::exit(1);
    }
    return out;
}

double appends_a_second(const std::string& path) {
    const os::UniqueFd file(::open(path.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600));
    const std::string row(kRowBytes, 'x');
    const Duration start = SystemClock().boot();
    for (int i = 0; i < kAppends; ++i) {
        must(os::write_all(file.get(), row, path));
        if (::fdatasync(file.get()) != 0) std::exit(1);
    }
    return kAppends / seconds_since(start);
}

double rows_a_second(const std::string& path) {
    auto database = must(sqlite::Database::open(path));
    must(database.execute("CREATE TABLE rows(row TEXT NOT NULL) STRICT"));
    const std::string row(kRowBytes, 'x');
    const Duration start = SystemClock().boot();
    for (int i = 0; i < kAppends; ++i) must(database.run("INSERT INTO rows(row) VALUES (?)", row));
    return kAppends / seconds_since(start);
}

int measure(const std::string& parent) {
    const auto folder = must(os::TempDirectory::make(parent));
    const double appends = appends_a_second(folder.file("plain"));
    const double rows = rows_a_second(folder.file("rows.sqlite3"));
    fakes::ReleaseStore memory;
    const Figures alone = run(memory);
    const auto storage = must(storage::Storage::open(folder.file("store.sqlite3")));
    const Figures disk = run(storage->releases());
    const double again = rows_a_second(folder.file("again.sqlite3"));

    const double steps = static_cast<double>(disk.steps), commits = static_cast<double>(disk.commits);
    fmt::print("{} steps on {} hosts, {} in flight, {:.1f} commits a step; {}\n", disk.steps, kHosts,
               kInFlight, commits / steps, folder.path());
    fmt::print("{:<46}{:>12.0f} /s\n", "durable appends to a file (the disk's limit)", appends);
    fmt::print("{:<46}{:>12.0f} /s   after the release {:.0f} /s\n", "durable SQLite commits of one row",
               rows, again);
    fmt::print("{:<46}{:>12.0f} /s   {:.0f} steps/s\n", "the engine's commits, store in memory",
               static_cast<double>(alone.commits) / alone.seconds,
               static_cast<double>(alone.steps) / alone.seconds);
    fmt::print("{:<46}{:>12.0f} /s   {:.0f} steps/s\n", "the engine's commits, store on disk",
               commits / disk.seconds, steps / disk.seconds);
    fmt::print("{:<46}{:>12.2f}\n", "engine on disk : bare SQLite commits",
               commits / disk.seconds / ((rows + again) / 2));
    fmt::print("{:<46}{:>12.2f}\n", "engine on disk : durable appends", commits / disk.seconds / appends);
    return 0;
}

}  // namespace
}  // namespace signalbox::dispatch

int main(int argc, char** argv) {
    return signalbox::dispatch::measure(argc > 1 ? argv[1] : "");
}
