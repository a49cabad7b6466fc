// SPDX-License-Identifier: Apache-2.0
// nginx's upstream weights by a generated file: write, let nginx test its whole configuration, reload. nginx
// has the old or the new file, whatever happens between; what nginx does not take is put back.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "agent/executor/actions/traffic_shift/adapter.hpp"
#include "agent/executor/actions/traffic_shift/nginx_upstream.hpp"
#include "common/os/failpoint.hpp"
#include "common/os/file.hpp"

namespace signalbox::actions {
namespace {

constexpr std::size_t kMaxFile = 256 * 1024;
constexpr unsigned kMode = 0644;
// Kept back from the step's deadline, for going back to the old file.
constexpr std::chrono::seconds kRecovery{5};

// What nginx itself says is wrong: its first line of alarm, else its first line.
std::string complaint(const StepResult& ended) {
    std::string first;
    for (const auto* stream : {&ended.err, &ended.out}) {
        if (!*stream) continue;
        std::string_view rest = (*stream)->kept;
        while (!rest.empty()) {
            const std::string_view line = rest.substr(0, rest.find('\n'));
            rest.remove_prefix(std::min(line.size() + 1, rest.size()));
            for (const char* level : {"[emerg]", "[alert]", "[crit]", "[error]"})
                if (const auto at = line.find(level); at != std::string_view::npos)
                    return fmt::format("{}: {:.250}", ended.detail, line.substr(at));
            if (first.empty()) first = line;
        }
    }
    return first.empty() ? ended.detail : fmt::format("{}: {:.250}", ended.detail, first);
}

class Nginx final : public TrafficAdapter {
  public:
    Nginx(const NginxTraffic& to, StepContext& context) : to_(&to), context_(&context) {}

    Result<std::optional<Weights>> read() override {
        SB_TRY(const auto found, load());
        return std::optional(found ? found->upstream.weights() : Weights());
    }

    StepResult set(const Weights& wanted) override {
        const auto before = load();
        auto result = change(wanted);
        if (result) return *std::move(result);
        StepResult refused = failed(result.error());
        if (before && is_as(*before)) refused.code = "unchanged";
        return refused;
    }

    Result<std::optional<std::int64_t>> sessions(const Weights&) override {
        return std::optional<std::int64_t>();  // old workers serve what they have, uncounted
    }

    bool may_lag() const override { return true; }

  private:
    struct Found {
        std::string text;
        Upstream upstream;
    };

    // Nothing when there is no file yet.
    Result<std::optional<Found>> load() {
        auto text = os::read_file(to_->file, kMaxFile);
        if (!text && text.error().code() == Code::not_found) return std::optional<Found>();
        if (!text) return std::move(text).error();
        SB_TRY(Upstream upstream, parse_upstream(*text).with_context(to_->file));
        if (upstream.name != to_->upstream)
            return Error(
                Code::failed_precondition,
                fmt::format("{} holds the upstream '{}', not '{}'", to_->file, upstream.name, to_->upstream),
                "Give each upstream a file of its own.");
        return std::optional(Found{*std::move(text), std::move(upstream)});
    }

    // The servers that have addresses, and no others: with the weight wanted, else the one that they have.
    Result<Upstream> next(const Weights& wanted, const std::optional<Found>& found) const {
        Upstream out;
        out.name = to_->upstream;
        std::int64_t sum = 0;
        for (const auto& [server, address] : to_->addresses) {
            const auto set = wanted.find(server);
            std::int64_t weight = set == wanted.end() ? 0 : set->second;
            if (set == wanted.end()) {
                const Weights before = found ? found->upstream.weights() : Weights();
                const auto kept = before.find(server);
                if (kept == before.end())
                    return Error(Code::failed_precondition,
                                 fmt::format("'{}' is not in {} yet, and no weight is given for it", server,
                                             to_->file),
                                 "Name every server of the upstream in the first shift.");
                weight = kept->second;
            }
            sum += weight;
            out.servers.emplace(server, Upstream::Server{address, weight});
        }
        if (sum == 0)
            return Error(Code::failed_precondition,
                         fmt::format("every server of upstream '{}' would be down, which nginx refuses; "
                                     "nothing was changed",
                                     to_->upstream),
                         "Leave one server a weight of at least 1.");
        return out;
    }

    Result<StepResult> change(const Weights& wanted) {
        SB_TRY(const auto before, load());
        SB_TRY(const Upstream upstream, next(wanted, before));
        const std::string text = to_text(upstream);
        if (!before || before->text != text) SB_CHECK(os::write_file_atomically(to_->file, text, kMode));
        os::failpoint("traffic.nginx_written");

        const Duration all = context_->left();
        const Duration until = context_->deadline - std::min(Duration(kRecovery), all / 4);
        StepResult tested = run(to_->test, until);
        if (!tested.succeeded()) {
            tested.detail = "nginx does not take it: " + complaint(tested) + put_back(before);
            if (tested.code == "failed" && is_as(before))
                tested.code = "unchanged";  // nginx was told nothing
            return tested;
        }
        StepResult reloaded = run(to_->reload, until);
        if (!reloaded.succeeded()) {
            const std::string why = complaint(reloaded);
            reloaded.detail = "reload: " + why + put_back(before);
            // It may have got as far as telling nginx. Not to be cut short: it is the way back.
            const std::atomic<bool> never{false};
            const StepResult again = run_command({to_->reload, "", {}}, *context_, context_->left(), never);
            if (!again.succeeded()) {
                const std::string more = complaint(again);
                reloaded.detail += ", but could not be loaded again" + (more == why ? "" : ": " + more);
            }
            return reloaded;
        }
        return reloaded;
    }

    StepResult run(const std::vector<std::string>& argv, Duration until) {
        return run_command({argv, "", {}}, *context_, until - context_->clock->boot(), *context_->cancel);
    }

    // For the detail.
    bool is_as(const std::optional<Found>& before) {
        const auto now = load();
        return now && now->has_value() == before.has_value() && (!before || (*now)->text == before->text);
    }

    std::string put_back(const std::optional<Found>& before) {
        Status done;
        if (before) {
            done = os::write_file_atomically(to_->file, before->text, kMode);
        } else {
            std::error_code error;
            std::filesystem::remove(to_->file, error);
            done = error ? Status(Error(Code::unavailable, error.message()))
                         : os::sync_directory(std::filesystem::path(to_->file).parent_path());
        }
        if (done) return fmt::format("; {} is as it was", to_->file);
        return fmt::format("; {} COULD NOT BE PUT BACK: {}", to_->file, done.error().message());
    }

    const NginxTraffic* to_;
    StepContext* context_;
};

}  // namespace

std::unique_ptr<TrafficAdapter> make_adapter(const NginxTraffic& to, StepContext& context) {
    return std::make_unique<Nginx>(to, context);
}

}  // namespace signalbox::actions
