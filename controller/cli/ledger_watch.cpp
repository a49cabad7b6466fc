// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/ledger_watch.hpp"

#include <fmt/format.h>

#include "common/json/json.hpp"
#include "common/merkle/signed_note.hpp"

namespace signalbox::cli {
namespace {

WatchVerdict& raise(WatchVerdict& verdict, WatchAlarm alarm, std::string what) {
    verdict.alarm = alarm;
    verdict.what = std::move(what);
    return verdict;
}

// A memory of an earlier version holds the text without the signatures.
Result<merkle::Checkpoint> checkpoint_of(const WatchMemory& memory) {
    const auto note = merkle::parse_note(memory.checkpoint);
    return merkle::parse_checkpoint_text(note ? note->text : memory.checkpoint);
}

// Whether the tiles are those of the checkpoint, and hold what was seen before. Errors: the tiles'.
Result<std::string> contradiction(const merkle::Checkpoint& now,
                                  const std::optional<merkle::Checkpoint>& before,
                                  const merkle::TileFetch& fetch) {
    if (before && now.size < before->size) {
        return fmt::format("it shows {} entries, and has shown {}: it was cut, or set back", now.size,
                           before->size);
    }
    if (before && now.size == before->size) {
        return now.root == before->root
                   ? std::string()
                   : fmt::format("it shows another tree of {} entries than before", now.size);
    }
    const merkle::NodeReader read = merkle::tile_reader(now.size, fetch);
    SB_TRY(const merkle::Hash root, merkle::root(now.size, read));
    if (root != now.root)
        return fmt::format("its tiles are not those of its checkpoint of {} entries", now.size);
    if (!before || before->size == 0) return std::string();
    SB_TRY(const merkle::Hash earlier, merkle::root(before->size, read));
    if (earlier == before->root) return std::string();
    return fmt::format("the ledger of {} entries does not extend the one of {} that was seen", now.size,
                       before->size);
}

}  // namespace

std::string serialize(const WatchMemory& memory) {
    return json::canonical({{"checkpoint", memory.checkpoint}, {"grew", to_rfc3339(memory.grew)}}) + "\n";
}

Result<WatchMemory> parse_watch_memory(std::string_view text) {
    const auto read = [&]() -> Result<WatchMemory> {
        SB_TRY(const json::Json document, json::parse(text));
        SB_TRY(auto members, json::ObjectReader::open(document));
        WatchMemory memory;
        SB_TRY(memory.checkpoint, members.string("checkpoint"));
        SB_TRY(const std::string grew, members.string("grew"));
        SB_TRY(memory.grew, parse_rfc3339(grew));
        SB_CHECK(members.finish());
        SB_CHECK(checkpoint_of(memory));
        return memory;
    };
    auto memory = read();
    if (memory) return memory;
    return Error(Code::data_loss, "the watcher's file: " + memory.error().message(),
                 "restore it from a backup; without it a fork before now would not be noticed");
}

Result<WatchVerdict> look(const std::optional<WatchMemory>& last, std::string_view note,
                          const merkle::TileFetch& fetch, const trust::TrustFile& trust, Instant now,
                          Duration max_age) {
    WatchVerdict verdict;
    if (last) verdict.next = *last;
    auto seen = evidence::read_checkpoint(note, trust);
    if (!seen) {
        return raise(
            verdict, WatchAlarm::forked,
            "what it shows is not a checkpoint of this ledger by its trust file: " + seen.error().message());
    }
    verdict.seen = *seen;
    std::optional<merkle::Checkpoint> before;
    if (last) {
        SB_TRY(before, checkpoint_of(*last));
    }
    SB_TRY(std::string wrong, contradiction(seen->checkpoint, before, fetch));
    if (!wrong.empty()) return raise(verdict, WatchAlarm::forked, std::move(wrong));

    if (!before || seen->checkpoint.size > before->size) verdict.next = {std::string(note), now};
    if (!seen->cosigned()) {
        return raise(verdict, WatchAlarm::unwitnessed, seen->check_cosigned().error().message());
    }
    if (now - verdict.next.grew > max_age) {
        return raise(
            verdict, WatchAlarm::stale,
            fmt::format("it has {} entries since {}: somebody withholds newer ones, or the controller is "
                        "down",
                        seen->checkpoint.size, to_rfc3339(verdict.next.grew)));
    }
    return verdict;
}

}  // namespace signalbox::cli
