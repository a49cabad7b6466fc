// SPDX-License-Identifier: Apache-2.0
// signalbox ledger watch: follows a ledger over HTTPS and ends with an alarm.
#include <fmt/format.h>

#include "common/http/client.hpp"
#include "controller/cli/command.hpp"
#include "controller/cli/file.hpp"
#include "controller/cli/ledger_watch.hpp"
#include "controller/cli/message_json.hpp"
#include "controller/cli/trust_chain.hpp"

namespace signalbox::cli {
namespace {

constexpr std::size_t kMaxMemoryBytes = 256 * 1024;  // a note of 64 KiB, written as JSON
constexpr std::size_t kMaxCaBytes = 1 << 20;
constexpr unsigned kMode = 0600;

struct WatchOptions {
    std::string state, url, ca;
    std::vector<std::string> trust;
    std::string pinned;
    std::string max_age = "30m";
    std::string interval = "1m";
    bool once = false;
};

// The ledger below a URL such as https://controller:8443/ledger.
class Remote {
  public:
    Remote(std::string prefix, std::string ca_pem)
        : prefix_(std::move(prefix)), client_(options_of(std::move(ca_pem))) {
        while (prefix_.ends_with('/')) prefix_.pop_back();
    }
    Result<std::string> get(const std::string& path) {
        SB_TRY(auto answer, client_.send({"GET", prefix_ + "/" + path, {}, ""}));
        if (answer.status == 200) return std::move(answer.body);
        return Error(Code::unavailable, fmt::format("{}/{} answers {}", prefix_, path, answer.status),
                     "the URL must be the ledger's, https://HOST:PORT/ledger");
    }

  private:
    static http::ClientOptions options_of(std::string ca_pem) {
        http::ClientOptions options;
        options.ca_pem = std::move(ca_pem);
        options.max_body_bytes = 64 * 1024;
        return options;
    }
    std::string prefix_;
    http::Client client_;
};

Result<Remote> remote_of(const Context& context, const WatchOptions& options) {
    if (!options.url.empty()) {
        std::string ca_pem;
        if (!options.ca.empty()) {
            SB_TRY(ca_pem, read_file(options.ca, kMaxCaBytes));
        }
        return Remote(options.url, std::move(ca_pem));
    }
    SB_TRY(const Credentials credentials, context.credentials());
    return Remote(credentials.url + "/ledger", credentials.ca_pem);
}

Result<std::optional<WatchMemory>> remembered(const std::string& path) {
    if (!path_exists(path)) return std::optional<WatchMemory>();
    SB_TRY(const std::string text, read_file(path, kMaxMemoryBytes));
    SB_TRY(WatchMemory memory, parse_watch_memory(text));
    return std::optional(std::move(memory));
}

int exit_code_of(WatchAlarm alarm) {
    switch (alarm) {
        case WatchAlarm::none:
            return kOk;
        case WatchAlarm::forked:
            return kForked;
        case WatchAlarm::unwitnessed:
            return kUnwitnessed;
        case WatchAlarm::stale:
            return kStale;
    }
    return kBug;
}

std::string_view name_of(WatchAlarm alarm) {
    switch (alarm) {
        case WatchAlarm::forked:
            return "forked";
        case WatchAlarm::unwitnessed:
            return "unwitnessed";
        case WatchAlarm::stale:
            return "stale";
        default:
            return "";
    }
}

Status say(const Context& context, const WatchVerdict& verdict) {
    const std::string time = to_rfc3339(context.clock.now());
    const std::uint64_t size = verdict.seen ? verdict.seen->checkpoint.size : 0;
    if (context.json) {
        json::Json line = {{"time", time},
                           {"size", size},
                           {"alarm", name_of(verdict.alarm)},
                           {"what", verdict.what},
                           {"cosigned_by", json::Json::array()}};
        if (verdict.seen) {
            line["root"] = verdict.seen->checkpoint.root.hex();
            for (const auto& witness : verdict.seen->witnesses)
                line["cosigned_by"].push_back({{"name", witness.name}, {"at", to_rfc3339(witness.at)}});
        }
        return context.out.write(json::canonical(line) + "\n");
    }
    if (verdict.alarm == WatchAlarm::none) {
        return context.print(fmt::format("{} {} entries, {} of {} witnesses", time, size,
                                         verdict.seen->witnesses.size(), verdict.seen->needed));
    }
    return context.print(fmt::format("{} ALARM {}: {}", time, name_of(verdict.alarm), safe(verdict.what)));
}

// Both checkpoints together prove the fork to anybody.
Status keep_evidence(const Context& context, const std::string& state, const std::string& note) {
    const std::string path = state + ".fork-" + crypto::sha256(note).hex().substr(0, 16);
    if (path_exists(path)) return {};
    SB_CHECK(replace_file(path, note, 0644));
    return context.remark(
        fmt::format("kept what was shown in {}; what was seen before is in {}", path, state));
}

Result<WatchVerdict> look_once(const Context& context, const WatchOptions& options, Remote& remote,
                               const trust::TrustFile& trust, Duration max_age) {
    SB_TRY(const auto last, remembered(options.state));
    SB_TRY(const std::string note, remote.get("checkpoint"));
    SB_TRY(WatchVerdict verdict,
           look(
               last, note, [&](const merkle::TilePath& tile) { return remote.get(merkle::to_path(tile)); },
               trust, context.clock.now(), max_age));
    if (verdict.alarm == WatchAlarm::forked) {
        SB_CHECK(keep_evidence(context, options.state, note));
    } else {
        SB_CHECK(replace_file(options.state, serialize(verdict.next), kMode));
    }
    return verdict;
}

Result<int> watch(const Context& context, const WatchOptions& options) {
    SB_TRY(const trust::TrustFile trust, read_trust_chain(options.trust, options.pinned));
    SB_TRY(const Duration max_age, parse_duration(options.max_age));
    SB_TRY(const Duration interval, parse_duration(options.interval));
    SB_TRY(Remote remote, remote_of(context, options));
    const Instant start = context.clock.now();
    for (;;) {
        auto verdict = look_once(context, options, remote, trust, max_age);
        if (!verdict) {
            // Who cannot be reached withholds, too, after a while.
            const bool passing = verdict.error().code() == Code::unavailable ||
                                 verdict.error().code() == Code::deadline_exceeded;
            if (options.once || !passing) return std::move(verdict).error();
            SB_TRY(const auto last, remembered(options.state));
            if (context.clock.now() - (last ? last->grew : start) > max_age) {
                WatchVerdict stale;
                stale.alarm = WatchAlarm::stale;
                stale.what = "it cannot be reached: " + verdict.error().message();
                SB_CHECK(say(context, stale));
                return exit_code_of(stale.alarm);
            }
            SB_CHECK(context.remark("not reached, still trying: " + verdict.error().message()));
        } else {
            SB_CHECK(say(context, *verdict));
            if (options.once || verdict->alarm != WatchAlarm::none) return exit_code_of(verdict->alarm);
        }
        context.pause(interval);
    }
}

}  // namespace

void add_watch_commands(const Registry& under) {
    under
        .command<WatchOptions>(
            "watch", "Follow the ledger from outside, and end with an alarm",
            [](CLI::App& app, WatchOptions& o) {
                app.add_option("--state", o.state, "File that remembers the last checkpoint seen")
                    ->required();
                app.add_option("--trust", o.trust, "Trust file; more than once for a chain of versions")
                    ->required()
                    ->take_all();
                app.add_option("--trust-sha256", o.pinned, "The first trust file must have this SHA-256");
                app.add_option("--url", o.url,
                               "The ledger, https://HOST:PORT/ledger [the credentials' controller]");
                app.add_option("--ca", o.ca, "With --url: CA certificates, PEM [the system's]");
                app.add_option("--max-age", o.max_age, "Alarm when nothing is new for so long [30m]");
                app.add_option("--interval", o.interval, "Between two looks [1m]");
                app.add_flag("--once", o.once, "Look once");
            },
            watch)
        .footer("Exit codes: 8 forked, 9 stale, 10 too few witnesses. Needs no API key with --url.");
}

}  // namespace signalbox::cli
