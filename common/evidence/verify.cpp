// SPDX-License-Identifier: Apache-2.0
#include "common/evidence/verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/evidence/export_bundle.hpp"
#include "common/merkle/tree.hpp"
#include "common/record/record.hpp"

namespace signalbox::evidence {
namespace {

// A cluster may have had several ledger keys; any that the trust file lists will do.
Result<merkle::Checkpoint> verify_by_any(std::string_view note, const trust::TrustFile& trust) {
    const std::string origin = merkle::origin_of(trust.cluster_id.str());
    Error last{Code::refused, "the trust file lists no ledger key"};
    const auto role = trust.roles.find("ledger");
    if (role == trust.roles.end()) return last;
    for (const crypto::KeyId& id : role->second.keyids) {
        const crypto::PublicKey* key = trust.key_in_role("ledger", id);
        if (key == nullptr) continue;
        auto checkpoint = merkle::verify_checkpoint(note, origin, *key);
        if (checkpoint) return checkpoint;
        last = std::move(checkpoint).error();
    }
    return last;
}

class Verifier {
  public:
    Verifier(const LineSource& next_line, const trust::TrustFile& trust, const OnEntry& on_entry)
        : next_line_(next_line), trust_(trust), on_entry_(on_entry), signers_(trust, tree_) {}

    Report run() {
        const Status done = read_all();
        report_.ok = done.ok();
        if (!done) report_.what = done.error().to_string();
        report_.size = tree_.size();
        report_.agents = signers_.agents();
        return std::move(report_);
    }

  private:
    Status read_all() {
        SB_CHECK(read_header());
        for (;;) {
            auto line = next_line_();
            if (!line) return bad(std::move(line).error());
            if (!line->has_value()) return finish();
            auto parsed = parse_line(**line);
            if (!parsed) return bad(std::move(parsed).error());
            const auto* entry = std::get_if<Entry>(&*parsed);
            if (entry == nullptr) {
                SB_CHECK(check_past(std::get<PastCheckpoint>(*parsed)));
            } else if (auto held = check_entry(*entry); !held) {
                return bad(std::move(held).error());
            }
        }
    }

    Status read_header() {
        SB_TRY(const std::optional<std::string> line, next_line_().with_context("header"));
        if (!line) return Error{Code::invalid_argument, "header: the file is empty"};
        SB_TRY(const Header header, parse_header(*line).with_context("header"));
        if (header.cluster_id != trust_.cluster_id) {
            return Error{Code::refused,
                         fmt::format("header: the export is of cluster '{:.60}', the trust file of {}",
                                     header.cluster_id.str(), trust_.cluster_id.str())};
        }
        SB_TRY(const merkle::Checkpoint checkpoint, verify_by_any(header.checkpoint, trust_));
        report_.checkpoint = checkpoint;
        if (checkpoint.size != header.size) {
            return Error{Code::refused, fmt::format("header: it says {} entries, the checkpoint {}",
                                                    header.size, checkpoint.size)};
        }
        return {};
    }

    Status check_entry(const Entry& entry) {
        const std::uint64_t due = tree_.size();
        if (due >= report_.checkpoint->size) {
            return Error{Code::refused,
                         fmt::format("the checkpoint covers {} entries only", report_.checkpoint->size)};
        }
        if (entry.index != due) {
            return Error{Code::refused,
                         fmt::format("the entry numbered {} stands here: one is missing, double or "
                                     "moved",
                                     entry.index)};
        }
        SB_TRY(const Judged judged, signers_.judge(entry.envelope));
        if (entry.leaf != record::ledger_leaf(entry.envelope, judged.signer)) {
            return Error{Code::refused, "its leaf is not the leaf of its envelope"};
        }
        tree_.append(merkle::leaf_hash(entry.leaf));
        ++report_.kinds[judged.kind];
        if (judged.witnessed) ++report_.witnessed;
        if (on_entry_) on_entry_(entry);
        return {};
    }

    // A signed root over what was read so far: everything up to here is then as it was.
    Status check_past(const PastCheckpoint& past) {
        auto checkpoint = verify_by_any(past.checkpoint, trust_);
        if (!checkpoint) return bad(std::move(checkpoint).error());
        if (checkpoint->size != tree_.size()) {
            return bad({Code::refused, fmt::format("a checkpoint of {} entries stands after {}",
                                                   checkpoint->size, tree_.size())});
        }
        return check_root(*checkpoint);
    }

    Status finish() {
        if (tree_.size() < report_.checkpoint->size) {
            return bad(
                {Code::refused, fmt::format("the export ends here, but the checkpoint covers {} entries: the "
                                            "end was cut off",
                                            report_.checkpoint->size)});
        }
        return check_root(*report_.checkpoint);
    }

    Status check_root(const merkle::Checkpoint& checkpoint) {
        if (tree_.root() == checkpoint.root) {
            proven_ = checkpoint.size;
            return {};
        }
        report_.first_bad_index = proven_;
        report_.bad_before_index = tree_.size();
        return Error{
            Code::refused,
            fmt::format("entries {} to {} are not those that the checkpoint of size {} signed, though each "
                        "holds by itself: some were moved or replaced",
                        proven_, checkpoint.size - 1, checkpoint.size),
            "Compare with another export, or with the checkpoints that the agents keep."};
    }

    // The trouble is at the entry that was due.
    Error bad(Error error) {
        report_.first_bad_index = tree_.size();
        return std::move(error).with_context(fmt::format("entry {}", tree_.size()));
    }

    const LineSource& next_line_;
    const trust::TrustFile& trust_;
    const OnEntry& on_entry_;
    merkle::MemoryTree tree_;
    Signers signers_;
    Report report_;
    std::uint64_t proven_ = 0;  // entries under a signed root that was recomputed
};

}  // namespace

Report verify_export(const LineSource& next_line, const trust::TrustFile& trust, const OnEntry& on_entry) {
    return Verifier(next_line, trust, on_entry).run();
}

}  // namespace signalbox::evidence
