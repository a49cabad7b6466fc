// SPDX-License-Identifier: Apache-2.0
#include "controller/ledger/cosigners.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "common/evidence/trusted_checkpoint.hpp"
#include "common/merkle/signed_note.hpp"
#include "common/merkle/tlog_proof.hpp"

namespace signalbox::ledger {
namespace {

constexpr int kMaxCorrections = 3;
constexpr std::size_t kKeptSizes = 64;  // checkpoints that wait for cosignatures

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('\n', at);
        if (end == std::string::npos) break;
        out.push_back(text.substr(at, end - at + 1));
        at = end + 1;
    }
    return out;
}

// "20852163\n".
std::optional<std::uint64_t> size_of(std::string_view body) {
    std::uint64_t size = 0;
    if (!body.ends_with('\n')) return std::nullopt;
    body.remove_suffix(1);
    const auto [end, error] = std::from_chars(body.data(), body.data() + body.size(), size);
    if (error != std::errc() || end != body.data() + body.size()) return std::nullopt;
    return size;
}

}  // namespace

Cosigners::Cosigners(Parts parts, std::vector<std::unique_ptr<WitnessPort>> witnesses)
    : parts_(std::move(parts)) {
    for (auto& port : witnesses) peers_.push_back(Peer{std::move(port), 0, {}, false, 0, false, {}});
    parts_.ledger.on_checkpoint(while_alive([this](const SignedCheckpoint&) { ask_all(); }));
}

bool Cosigners::active() const {
    return !peers_.empty() && evidence::witnesses_needed(parts_.trust()) > 0;
}

SignedCheckpoint Cosigners::with_lines(const SignedCheckpoint& base) const {
    SignedCheckpoint out = base;
    const auto found = collected_.find(base.checkpoint.size);
    if (found == collected_.end()) return out;
    for (const auto& [name, line] : found->second.lines) out.note += line;
    return out;
}

SignedCheckpoint Cosigners::shown() {
    const SignedCheckpoint& latest = parts_.ledger.latest();
    if (!active() || cosigned_.note.empty()) return with_lines(latest);
    const bool patient = !waiting_since_ || parts_.clock.now() - *waiting_since_ < kHoldBack;
    return cosigned_.checkpoint.size == latest.checkpoint.size || patient ? with_lines(cosigned_)
                                                                          : with_lines(latest);
}

void Cosigners::newest(std::function<void(Result<SignedCheckpoint>)> reply) {
    auto latest = parts_.ledger.checkpoint_now();
    if (!latest) return reply(std::move(latest).error());
    const std::uint64_t size = latest->checkpoint.size;
    if (!active() || cosigned_.checkpoint.size == size) return reply(with_lines(*latest));
    ask_all();
    const std::uint64_t id = next_waiter_++;
    waiters_.emplace(id, Waiter{size, std::move(reply)});
    const auto give_up = [this, id, base = *std::move(latest)] {
        const auto waiter = waiters_.find(id);
        if (waiter == waiters_.end()) return;
        const auto answer = std::move(waiter->second.reply);
        waiters_.erase(waiter);
        answer(with_lines(base));
    };
    parts_.strand.post_at(parts_.clock.now() + kPatience, while_alive(give_up));
}

bool Cosigners::round_is_over() const {
    const std::uint64_t size = round_.checkpoint.size;
    if (round_.note.empty() || cosigned_.checkpoint.size >= size) return true;
    if (parts_.clock.now() - round_began_ >= kPatience) return true;
    return std::all_of(peers_.begin(), peers_.end(), [&](const Peer& peer) {
        return peer.retry != async::TimerId::none || (!peer.asking && peer.done == size);
    });
}

// All witnesses are asked for one checkpoint until enough of them have cosigned it. If each were asked for
// the newest when its turn comes, two of them might never meet while entries pour in.
void Cosigners::ask_all() {
    if (!active()) return;
    if (round_is_over()) {
        round_ = parts_.ledger.latest();
        round_began_ = parts_.clock.now();
    }
    const bool behind = parts_.ledger.latest().checkpoint.size != cosigned_.checkpoint.size;
    if (behind && !waiting_since_) waiting_since_ = parts_.clock.now();
    for (std::size_t i = 0; i < peers_.size(); ++i) ask(i);
}

void Cosigners::ask(std::size_t which) {
    Peer& peer = peers_[which];
    const SignedCheckpoint& latest = parts_.ledger.latest();
    // Further than this round only after we started again and it did not.
    const SignedCheckpoint asked = peer.known > round_.checkpoint.size ? latest : round_;
    const std::uint64_t size = asked.checkpoint.size;
    if (peer.asking || peer.retry != async::TimerId::none || peer.done == size) return;
    if (peer.known > size) {
        return alarm(which,
                     fmt::format("it has seen a ledger of {} entries, and this one has {}: it was cut, "
                                 "or set back to an older copy",
                                 peer.known, size));
    }
    merkle::AddCheckpoint request{peer.known, {}, asked.note};
    if (peer.known != 0) {
        auto proof = parts_.ledger.consistency(peer.known, size);
        if (!proof) return trouble(which, proof.error());
        request.consistency = *std::move(proof);
    }
    peer.asking = true;
    // The side strand stops before we go: it may use the port. What it posts back may come too late.
    const auto back = while_alive([this, which, asked](Result<WitnessReply> reply) {
        on_reply(which, asked, std::move(reply));
        ask_all();  // the round may be over
    });
    parts_.side.post(
        [&strand = parts_.strand, port = peer.port.get(), body = merkle::to_text(request), back]() mutable {
            strand.post([back, reply = port->add_checkpoint(body)]() mutable { back(std::move(reply)); });
        });
}

void Cosigners::on_reply(std::size_t which, const SignedCheckpoint& asked, Result<WitnessReply> reply) {
    Peer& peer = peers_[which];
    peer.asking = false;
    if (!reply) return trouble(which, reply.error());
    switch (reply->status) {
        case 200:
            return take(which, asked, reply->body);
        case 409:
            return correct(which, asked, reply->body);
        case 422:
            return alarm(which,
                         fmt::format("it does not find that the ledger of {} entries extends the one of {} "
                                     "that it cosigned",
                                     asked.checkpoint.size, peer.known));
        default:
            return trouble(which, Error(Code::failed_precondition,
                                        fmt::format("it answers {}: {:.200}", reply->status, reply->body),
                                        "look at the witness's log; it must know this ledger's key"));
    }
}

void Cosigners::take(std::size_t which, const SignedCheckpoint& asked, const std::string& lines) {
    Peer& peer = peers_[which];
    bool counted = false;
    for (const std::string& line : lines_of(lines)) {
        const auto note = merkle::parse_note(asked.note + line);
        if (!note) continue;
        for (const merkle::Cosigner& cosigner : evidence::witnesses_of(parts_.trust())) {
            const auto at = merkle::cosigned_at(*note, cosigner);
            if (!at || !*at) continue;
            Collected& into = collected_[asked.checkpoint.size];
            into.base = asked;
            into.lines[cosigner.name] = line;
            counted = true;
        }
    }
    if (!counted) {
        return trouble(which,
                       Error(Code::refused, "it cosigns with a key that the trust file does not name",
                             "signalbox trust add-key --role witness --label NAME KEY, with the name and "
                             "the key that signalbox witness init printed"));
    }
    peer.known = asked.checkpoint.size;
    peer.done = asked.checkpoint.size;
    peer.corrections = 0;
    peer.complained = false;
    peer.alarmed = false;
    publish_if_enough(asked.checkpoint.size);
    while (collected_.size() > kKeptSizes) {
        auto oldest = collected_.begin();
        if (oldest->first == cosigned_.checkpoint.size) ++oldest;  // it is shown, with its cosignatures
        collected_.erase(oldest);
    }
}

// It cosigned another size last than we thought, or this size with another root.
void Cosigners::correct(std::size_t which, const SignedCheckpoint& asked, const std::string& body) {
    Peer& peer = peers_[which];
    const auto size = size_of(body);
    if (!size || ++peer.corrections > kMaxCorrections)
        return trouble(which, Error(Code::failed_precondition, "it answers 409 without a size that helps"));
    if (*size == peer.known && *size == asked.checkpoint.size)
        return alarm(which, fmt::format("it has cosigned another ledger of {} entries", *size));
    peer.known = *size;
}

void Cosigners::publish_if_enough(std::uint64_t size) {
    const auto found = collected_.find(size);
    if (found == collected_.end() || size < cosigned_.checkpoint.size) return;
    const auto trusted = evidence::read_checkpoint(with_lines(found->second.base).note, parts_.trust());
    if (!trusted || !trusted->cosigned()) return;
    cosigned_ = found->second.base;
    waiting_since_.reset();
    if (parts_.ledger.latest().checkpoint.size != size) waiting_since_ = parts_.clock.now();
    collected_.erase(collected_.begin(), found);
    std::vector<std::function<void(Result<SignedCheckpoint>)>> ready;
    for (auto waiter = waiters_.begin(); waiter != waiters_.end();) {
        if (waiter->second.size > size) {
            ++waiter;
            continue;
        }
        ready.push_back(std::move(waiter->second.reply));
        waiter = waiters_.erase(waiter);
    }
    for (const auto& reply : ready) reply(with_lines(cosigned_));
}

void Cosigners::alarm(std::size_t which, const std::string& what) {
    const bool first = !std::exchange(peers_[which].alarmed, true);
    ask_later(which);
    if (first) parts_.on_alarm(peers_[which].port->url(), what);
}

void Cosigners::trouble(std::size_t which, const Error& error) {
    const bool first = !std::exchange(peers_[which].complained, true);
    ask_later(which);
    if (first) parts_.on_trouble(peers_[which].port->url(), error);
}

void Cosigners::ask_later(std::size_t which) {
    Peer& peer = peers_[which];
    peer.corrections = 0;
    if (peer.retry != async::TimerId::none) return;
    const auto again = [this, which] {
        peers_[which].retry = async::TimerId::none;
        ask_all();
    };
    peer.retry = parts_.strand.post_at(parts_.clock.now() + kRetry, while_alive(again));
}

}  // namespace signalbox::ledger
