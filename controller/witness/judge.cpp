// SPDX-License-Identifier: Apache-2.0
#include "controller/witness/judge.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/merkle/signed_note.hpp"
#include "common/merkle/tlog_proof.hpp"

namespace signalbox::witness {
namespace {

Verdict no(int status, std::string why) {
    Verdict verdict;
    verdict.status = status;
    verdict.why = std::move(why);
    return verdict;
}

// It was cosigned differently before: 409 says at which size.
Verdict conflict(std::uint64_t size, std::string why) {
    Verdict verdict = no(409, std::move(why));
    verdict.size = size;
    return verdict;
}

std::optional<merkle::Checkpoint> signed_by(const Log& log, std::string_view note) {
    for (const crypto::PublicKey& key : log.keys) {
        auto checkpoint = merkle::verify_checkpoint(note, log.origin, key);
        if (checkpoint) return *std::move(checkpoint);
    }
    return std::nullopt;
}

bool extends(const std::optional<merkle::Checkpoint>& seen, const merkle::Checkpoint& next,
             const merkle::Proof& proof) {
    if (!seen || seen->size == 0) return proof.empty();
    return merkle::verify_consistency(seen->size, seen->root, next.size, next.root, proof);
}

}  // namespace

Result<Verdict> judge(std::string_view body, const std::vector<Log>& logs, const Seen& seen) {
    const auto request = merkle::parse_add_checkpoint(body);
    if (!request) return no(400, request.error().message());
    const auto note = merkle::parse_note(request->checkpoint);
    if (!note) return no(400, note.error().message());
    const auto unverified = merkle::parse_checkpoint_text(note->text);
    if (!unverified) return no(400, unverified.error().message());

    const auto log = std::find_if(logs.begin(), logs.end(),
                                  [&](const Log& each) { return each.origin == unverified->origin; });
    if (log == logs.end())
        return no(404, fmt::format("the log '{:.100}' is not known here", unverified->origin));
    const auto checkpoint = signed_by(*log, request->checkpoint);
    if (!checkpoint) return no(403, "no signature by a key that is trusted for this log");
    if (request->old_size > checkpoint->size)
        return no(400, fmt::format("the old size {} is larger than the checkpoint's {}", request->old_size,
                                   checkpoint->size));

    SB_TRY(const auto last, seen(log->origin));
    const std::uint64_t size = last ? last->size : 0;
    if (request->old_size != size)
        return conflict(size, fmt::format("the last checkpoint cosigned here has {} entries", size));
    if (last && checkpoint->size == size && checkpoint->root != last->root) {
        Verdict fork = conflict(
            size, fmt::format("a checkpoint of {} entries with another root was cosigned here", size));
        fork.suspicious = true;
        return fork;
    }
    if (!extends(last, *checkpoint, request->consistency)) {
        Verdict fork = no(422, fmt::format("it is not proven that the log of {} entries extends that of {}",
                                           checkpoint->size, size));
        fork.suspicious = true;
        return fork;
    }
    Verdict yes;
    yes.status = 200;
    yes.accepted = *checkpoint;
    yes.note_text = note->text;
    return yes;
}

}  // namespace signalbox::witness
