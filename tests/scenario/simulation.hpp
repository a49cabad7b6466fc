// SPDX-License-Identifier: Apache-2.0
// A run: controllers, hosts and people over one store and a virtual clock. Messages are lost, delayed and
// doubled, hosts and controllers die at any commit and between commit and effect. Deterministic from its
// seed. For tests only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "controller.hpp"
#include "host.hpp"
#include "watcher.hpp"
#include "world.hpp"

namespace signalbox::scenario {

// How much goes wrong by chance, each from 0 to 1.
struct Faults {
    double crash = 0;      // of the controller, at each commit and each order
    double loss = 0;       // of a message; as often it comes late, or twice
    double disk_full = 0;  // of a commit
    double vanish = 0;     // of a host's link for long, as an order comes or as it has been admitted
};

struct Report {
    std::vector<Violation> violations;
    std::vector<std::string> story;  // what happened, when asked for
    std::map<std::string, int> endings;
    int crashes = 0;
    int takeovers = 0;
    int longest_wait = 0;
    std::size_t commits = 0;
};

class Simulation final : public Network {
  public:
    Simulation(Design design, std::uint64_t seed, bool tell, bool seals);
    ~Simulation() override;

    [[nodiscard]] double chance();
    [[nodiscard]] Instant now() const { return now_; }
    void later(Duration delay, std::function<void()> task);
    // Until the end, or a violation.
    void run_until(Instant end);
    void tell(const std::string& what);

    // A controller takes the lease; whoever held it lives on and does not know yet.
    void boot();
    void kill_controller();
    // Runs on the newest controller, when it lives.
    void on_controller(const std::function<void(dispatch::Engine&)>& code);
    [[nodiscard]] Controller* newest() const;
    void set_controller_clock(Duration ahead);

    [[nodiscard]] Host& host(const std::string& name);
    [[nodiscard]] const std::vector<std::unique_ptr<Host>>& hosts() const { return hosts_; }
    void connect(Host& host);
    void disconnect(Host& host, const std::string& why);
    void crash(Host& host);
    // Another machine under the same name; the old one's agent never comes back.
    void replace(const std::string& name);

    // Plans and starts it, if it can be planned; false: not now.
    bool start(const ReleaseDesign& release);
    void sign(const ReleaseId& id);
    Status command(const ReleaseId& id, sequence::CommandKind kind);
    // Gates of this release stay shut until then.
    void hold_gate(const ReleaseId& id, Instant until);
    [[nodiscard]] const std::vector<ReleaseId>& releases() const { return releases_; }
    [[nodiscard]] std::optional<sequence::ReleaseState> stored(const ReleaseId& id);
    // By name; the newest one.
    [[nodiscard]] std::optional<ReleaseId> find(const std::string& name) const;
    [[nodiscard]] const World& world() const { return world_; }
    [[nodiscard]] bool all_over();
    // What holds at the very end.
    void check_end();
    [[nodiscard]] Report report();
    [[nodiscard]] bool violated() const { return !watcher_.violations().empty(); }

    Faults faults;
    bool disk_is_full = false;

    [[nodiscard]] std::optional<dispatch::AgentView> info(const Controller& from,
                                                          const AgentId& agent) const override;
    [[nodiscard]] Status execute(Controller& from, const AgentId& agent,
                                 const dispatch::ExecuteOrder& order) override;
    [[nodiscard]] Status query(Controller& from, const AgentId& agent,
                               const dispatch::QueryOrder& order) override;
    void changed(Controller& at, const ReleaseId& release) override;

  private:
    class SwitchGate;

    void maybe_crash();
    [[nodiscard]] bool is_signed(const ReleaseId& id, const std::string& environment) const;
    // To or from a host: lost, delayed or doubled.
    void message(std::function<void()> deliver);
    [[nodiscard]] Host* find_host(const AgentId& id) const;
    void add_host(const Enrolled& enrolled);
    void after_begin(Host& host);
    void maybe_vanish(Host& host);
    void upload(Host& host);
    void reconnect_all();
    void run(Controller& at, const std::function<void(dispatch::Engine&)>& code);
    [[nodiscard]] Controller* session_of(const Host& host) const;
    void advance_to(Instant when);

    std::mt19937_64 random_;
    bool tell_;
    bool seals_;
    World world_;
    Approvals approvals_;
    Instant now_ = kBegin;
    std::unique_ptr<ledger::Sealer> sealer_;
    fakes::ReleaseStore store_;
    std::vector<std::unique_ptr<Host>> hosts_;
    std::map<AgentId, Host*> by_agent_;
    std::vector<std::unique_ptr<Controller>> controllers_;  // oldest first
    std::multimap<Instant, std::function<void()>> pending_;
    std::vector<ReleaseId> releases_;
    std::map<ReleaseId, Instant> held_;
    std::set<std::pair<ReleaseId, std::string>> passed_;
    std::set<std::pair<ReleaseId, std::string>> signed_;
    std::map<AgentId, std::int64_t> taken_;  // records that the ledger has
    std::set<const Host*> uploading_;        // try again in a while
    Watcher watcher_;
    Report report_;
    int boots_ = 0;
};

}  // namespace signalbox::scenario
