// SPDX-License-Identifier: Apache-2.0
// Hands every new checkpoint to the configured witnesses (c2sp.org/tlog-witness) and publishes it with their
// cosignatures. On the domain strand; destroy it after both strands have stopped.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/async/strand.hpp"
#include "common/trust/trust_file.hpp"
#include "controller/ledger/ledger.hpp"
#include "controller/ledger/publisher.hpp"

namespace signalbox::ledger {

struct WitnessReply {
    int status = 0;
    std::string body;
};

// One witness, reached somehow. Called on the side strand; may block.
class WitnessPort {
  public:
    virtual ~WitnessPort() = default;
    [[nodiscard]] virtual const std::string& url() const = 0;
    // Any HTTP status is a reply. Errors: those of reaching it.
    [[nodiscard]] virtual Result<WitnessReply> add_checkpoint(const std::string& body) = 0;
};

class Cosigners final : public Publisher {
  public:
    // How long newest() waits for witnesses.
    static constexpr Duration kPatience = std::chrono::seconds(5);
    // How long the last cosigned checkpoint is shown rather than a newer one without enough cosignatures.
    static constexpr Duration kHoldBack = std::chrono::seconds(30);
    // After a witness did not answer, or not well.
    static constexpr Duration kRetry = std::chrono::seconds(20);

    struct Parts {
        Ledger& ledger;
        std::function<const trust::TrustFile&()> trust;  // the one in force; who counts as a witness
        async::Strand& strand;
        async::Strand& side;
        const Clock& clock;
        // The witness has seen another history of this ledger: on the strand, once until it cosigns again.
        std::function<void(const std::string& url, const std::string& what)> on_alarm;
        // It cannot be reached or does not cosign; likewise.
        std::function<void(const std::string& url, const Error& error)> on_trouble;
    };
    Cosigners(Parts parts, std::vector<std::unique_ptr<WitnessPort>> witnesses);

    // Once the ledger is open: the newest checkpoint may have been made before we were.
    void start() { ask_all(); }

    SignedCheckpoint shown() override;
    void newest(std::function<void(Result<SignedCheckpoint>)> reply) override;
    // Size of the newest checkpoint with enough cosignatures; 0: none since the start.
    [[nodiscard]] std::uint64_t cosigned_size() const { return cosigned_.checkpoint.size; }

  private:
    struct Peer {
        std::unique_ptr<WitnessPort> port;
        std::uint64_t known = 0;            // what we believe it cosigned last
        std::optional<std::uint64_t> done;  // the size that it cosigned for us
        bool asking = false;
        int corrections = 0;  // 409s in a row
        // Said since it last cosigned: that it is in trouble, and apart from that, that the ledger is.
        bool complained = false;
        bool alarmed = false;
        async::TimerId retry = async::TimerId::none;
    };
    struct Collected {
        SignedCheckpoint base;
        std::map<std::string, std::string> lines;  // by the witness's name
    };
    struct Waiter {
        std::uint64_t size;
        std::function<void(Result<SignedCheckpoint>)> reply;
    };

    [[nodiscard]] bool active() const;
    [[nodiscard]] bool round_is_over() const;
    void ask_all();
    void ask(std::size_t which);
    void on_reply(std::size_t which, const SignedCheckpoint& asked, Result<WitnessReply> reply);
    void take(std::size_t which, const SignedCheckpoint& asked, const std::string& lines);
    void correct(std::size_t which, const SignedCheckpoint& asked, const std::string& body);
    void alarm(std::size_t which, const std::string& what);
    void trouble(std::size_t which, const Error& error);
    void ask_later(std::size_t which);
    void publish_if_enough(std::uint64_t size);
    [[nodiscard]] SignedCheckpoint with_lines(const SignedCheckpoint& base) const;

    // What is posted does nothing once we are gone.
    template <class F>
    [[nodiscard]] auto while_alive(F f) const {
        return [alive = std::weak_ptr<bool>(alive_), f = std::move(f)](auto&&... arguments) {
            if (!alive.expired()) f(std::forward<decltype(arguments)>(arguments)...);
        };
    }

    Parts parts_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
    std::vector<Peer> peers_;
    std::map<std::uint64_t, Collected> collected_;  // by size, from the last cosigned one on
    SignedCheckpoint cosigned_;
    SignedCheckpoint round_;  // what all witnesses are asked for now
    Instant round_began_{};
    std::optional<Instant> waiting_since_;  // that the newest is not cosigned
    std::map<std::uint64_t, Waiter> waiters_;
    std::uint64_t next_waiter_ = 0;
};

}  // namespace signalbox::ledger
