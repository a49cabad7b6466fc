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

class Verifier {
  public:
    Verifier(const LineSource& next_line, const trust::TrustFile& trust, const OnEntry& on_entry,
             const std::vector<trust::TrustFile>& earlier)
        : next_line_(next_line),
          trust_(trust),
          earlier_(earlier),
          on_entry_(on_entry),
          signers_(trust, earlier) {}

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
            } else {
                SB_CHECK(check_entry(*entry));
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
        SB_TRY(TrustedCheckpoint trusted, read_checkpoint(header.checkpoint, trust_));
        report_.checkpoint = trusted.checkpoint;
        report_.cosigned_by = trusted.witnesses;
        if (trusted.checkpoint.size != header.size) {
            return Error{Code::refused, fmt::format("header: it says {} entries, the checkpoint {}",
                                                    header.size, trusted.checkpoint.size)};
        }
        return trusted.check_cosigned().with_context("header");
    }

    Status check_entry(const Entry& entry) {
        auto judged = judge(entry);
        if (!judged) return bad(std::move(judged).error());
        if (judged->seen) SB_CHECK(check_seen(*judged->seen));
        tree_.append(merkle::leaf_hash(entry.leaf));
        ++report_.kinds[judged->kind];
        report_.newest = judged->time;
        if (on_entry_) on_entry_(entry);
        return {};
    }

    // What the entry shows by itself.
    Result<Judged> judge(const Entry& entry) {
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
        SB_TRY(Judged judged, signers_.judge(entry.envelope));
        if (entry.leaf != record::ledger_leaf(entry.envelope, judged.signer)) {
            return Error{Code::refused, "its leaf is not the leaf of its envelope"};
        }
        return judged;
    }

    // A host that saw a checkpoint saw it before it wrote this record, and so before this entry: it can be no
    // larger than what comes before, and must be of the same tree. The record is the host's own word, so when
    // it disagrees the trouble is in what comes before it.
    Status check_seen(const record::SeenCheckpoint& seen) {
        const std::uint64_t here = tree_.size();
        const auto size = static_cast<std::uint64_t>(seen.size);
        if (size > here) {
            return bad_range(here + 1,
                             fmt::format("the host of entry {} had seen a ledger of {} entries, but "
                                         "only {} come before it: some were taken out, or it was moved",
                                         here, size, here));
        }
        SB_TRY(const merkle::Hash root, merkle::root(size, tree_.reader()));
        if (root == seen.root) {
            proven_ = std::max(proven_, size);
            ++report_.witnessed;
            return {};
        }
        return bad_root(size, fmt::format("the host of entry {} saw another root at size {}", here, size));
    }

    // A signed root over what was read so far: everything up to here is then as it was.
    Status check_past(const PastCheckpoint& past) {
        auto trusted = read_checkpoint(past.checkpoint, trust_);
        // It is held against the tree that the newest one vouches for.
        for (auto older = earlier_.rbegin(); !trusted && older != earlier_.rend(); ++older)
            trusted = read_checkpoint(past.checkpoint, *older);
        if (!trusted) return bad(std::move(trusted).error());
        const merkle::Checkpoint& checkpoint = trusted->checkpoint;
        if (checkpoint.size != tree_.size()) {
            return bad({Code::refused, fmt::format("a checkpoint of {} entries stands after {}",
                                                   checkpoint.size, tree_.size())});
        }
        return check_root(checkpoint);
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
        return bad_root(checkpoint.size,
                        fmt::format("the checkpoint of size {} signed another root", checkpoint.size));
    }

    // Each entry holds by itself, but not together.
    Error bad_root(std::uint64_t size, const std::string& what) {
        if (size <= proven_)
            return bad({Code::refused, what + ", though an earlier root holds: the ledger was forked"});
        return bad_range(size, what + ": some were moved or replaced");
    }

    // The trouble is behind the last root that held, and before `end`.
    Error bad_range(std::uint64_t end, std::string why) {
        report_.first_bad_index = proven_;
        const bool several = end - proven_ > 1;
        if (several) report_.bad_before_index = end;
        const std::string where =
            several ? fmt::format("entries {} to {}", proven_, end - 1) : fmt::format("entry {}", proven_);
        return Error{Code::refused, where + ": " + std::move(why),
                     "Compare with another export, or with the checkpoints that the agents keep."};
    }

    // The trouble is at the entry that was due.
    Error bad(Error error) {
        report_.first_bad_index = tree_.size();
        return std::move(error).with_context(fmt::format("entry {}", tree_.size()));
    }

    const LineSource& next_line_;
    const trust::TrustFile& trust_;
    const std::vector<trust::TrustFile>& earlier_;
    const OnEntry& on_entry_;
    merkle::MemoryTree tree_;
    Signers signers_;
    Report report_;
    std::uint64_t proven_ = 0;  // entries under a root that was recomputed, signed by the ledger or by a host
};

}  // namespace

Report verify_export(const LineSource& next_line, const trust::TrustFile& trust, const OnEntry& on_entry,
                     const std::vector<trust::TrustFile>& earlier) {
    return Verifier(next_line, trust, on_entry, earlier).run();
}

}  // namespace signalbox::evidence
