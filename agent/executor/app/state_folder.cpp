// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/app/state_folder.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "agent/executor/app/recorder.hpp"
#include "common/crypto/key_file.hpp"
#include "common/crypto/random.hpp"
#include "common/join/join_line.hpp"
#include "common/os/failpoint.hpp"
#include "common/os/file.hpp"
#include "common/os/private_directory.hpp"
#include "common/record/record.hpp"

namespace signalbox::executor {
namespace {

std::string key_path(const std::string& folder) {
    return folder + "/record.key";
}
std::string journal_path(const std::string& folder) {
    return folder + "/journal.sqlite3";
}

std::string next_key_path(const std::string& folder) {
    return folder + "/record.key.next";
}

// The line itself would stand in the process list: "@FILE" and "-" keep it out.
Result<std::string> read_join(const std::string& join) {
    if (join == "-") return os::read_all(STDIN_FILENO, join::kMaxLineBytes, "standard input");
    if (join.starts_with('@')) return os::read_file(join.substr(1), join::kMaxLineBytes);
    return join;
}

Status make_record_key(const std::string& path) {
    if (std::filesystem::exists(path))
        return crypto::load_service_key(path).ok()
                   ? Status()
                   : Status(Error(Code::data_loss, fmt::format("{} is there but is not a key", path),
                                  "Move it away if no enrolment used it, then run init again."));
    const auto key = crypto::SigningKey::generate();
    return crypto::write_secret_file(path, key.paserk().expose());
}

Status move_next_key(const std::string& folder) {
    std::error_code error;
    std::filesystem::rename(next_key_path(folder), key_path(folder), error);
    if (error)
        return Error(Code::unavailable, fmt::format("naming {}: {}", key_path(folder), error.message()),
                     "Look at the disk, then start the executor: it finishes the rotation.");
    os::failpoint("executor.key_moved");
    return os::sync_directory(folder);
}

// The journal says which key signs; the file follows it.
Status settle_rotation(const std::string& folder, journal::Journal& journal) {
    SB_TRY(const auto due, journal.record_key());
    const std::string next = next_key_path(folder);
    std::error_code error;
    const bool waiting = std::filesystem::exists(next, error);
    if (waiting && due) {
        SB_CHECK(os::check_private_file(next));
        const auto key = crypto::load_service_key(next);
        if (key && key->public_key() == *due) return move_next_key(folder);
    }
    // No record names it, so nobody knows it.
    if (waiting) std::filesystem::remove(next, error);
    if (!due) return {};
    SB_TRY(const auto key, crypto::load_service_key(key_path(folder)));
    if (key.public_key() == *due) return {};
    return Error(Code::data_loss,
                 fmt::format("{} holds {}, but the journal says that {} signs", key_path(folder),
                             key.public_key().id().str(), due->id().str()),
                 "Put back key and journal of one time, or enrol this host again with a new state folder.");
}

Result<crypto::SigningKey> settled_key(const std::string& folder, journal::Journal& journal) {
    SB_CHECK(settle_rotation(folder, journal));
    return crypto::load_service_key(key_path(folder));
}

// With the folder open and locked.
Result<Rotated> rotate(const std::string& folder, const OpenState& state, const std::string& boot_id,
                       const Clock& clock) {
    SB_TRY(const journal::Identity identity, state.journal->identity());
    if (!identity.agent_id)
        return Error(Code::failed_precondition, "this host is not enrolled: nobody knows its record key yet",
                     "To have another key before that, remove the state folder and run init again.");
    const auto next = crypto::SigningKey::generate();
    const crypto::PublicKey& before = state.key.public_key();
    record::ActionRecord rotated =
        Recorder(identity.cluster_id, *identity.agent_id, boot_id, clock).make(record::Kind::key_rotated);
    const std::string said = record::rotation_message(identity.cluster_id, *identity.agent_id, before.id(),
                                                      next.public_key().id());
    rotated.next_key = record::NextKey{next.public_key(), next.sign_now(as_bytes(said))};

    SB_CHECK(crypto::write_secret_file(next_key_path(folder), next.paserk().expose()));
    os::failpoint("executor.key_made");
    SB_CHECK(state.journal->rotate_key(next.public_key(), std::move(rotated), state.key));
    os::failpoint("executor.key_recorded");
    SB_CHECK(move_next_key(folder));
    return Rotated{before, next.public_key()};
}

}  // namespace

Result<Rotated> rotate_record_key(const std::string& folder, const std::string& boot_id, const Clock& clock) {
    SB_TRY(const OpenState state, open_state(folder));
    auto rotated = rotate(folder, state, boot_id, clock);
    SB_CHECK(state.journal->close());  // also after an error: nothing was lost
    return rotated;
}

Status initialise(const std::string& folder, const std::string& join) {
    SB_TRY(const std::string text, read_join(join));
    SB_TRY(const join::JoinLine line, join::parse(text));
    SB_CHECK(os::make_private_directory(folder));
    if (std::filesystem::exists(journal_path(folder)))
        return Error(Code::already_exists, fmt::format("{} is initialised already", folder),
                     "Use another --state for another identity.");
    SB_CHECK(make_record_key(key_path(folder)));
    // The journal comes last and by a rename: where it is, all is.
    const std::string fresh = journal_path(folder) + ".new";
    std::error_code error;
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(fresh + suffix, error);
    SB_CHECK(journal::Journal::create(
        fresh, {line.cluster, line.environment, line.host, line.trust_sha256, {}, {}}));
    std::filesystem::rename(fresh, journal_path(folder), error);
    if (error)
        return Error(Code::unavailable, fmt::format("naming {}: {}", journal_path(folder), error.message()));
    return os::sync_directory(folder);
}

Result<OpenState> open_state(const std::string& folder) {
    std::error_code error;
    const bool initialised = std::filesystem::exists(journal_path(folder), error);
    if (!initialised)
        return Error(
            Code::not_found, fmt::format("{} is missing", journal_path(folder)),
            "Run: signalbox-executor init --state FOLDER --join @FILE. If this host was enrolled before, its "
            "journal is lost: find out why first.");
    SB_CHECK(os::check_private_directory(folder));
    SB_CHECK(os::check_private_file(journal_path(folder)));
    SB_CHECK(os::check_private_file(key_path(folder)));
    SB_TRY(auto lock, os::LockFile::acquire(folder + "/lock"));
    crypto::SystemRandom random;
    SB_TRY(auto sealing_key, crypto::SealingKey::load_or_make(folder + "/sealing.key", random));
    SB_TRY(auto journal, journal::Journal::open(journal_path(folder)));
    auto key = settled_key(folder, *journal);
    if (!key) {
        SB_CHECK(journal->close());  // in order: it must not be taken for one whose log was lost
        return std::move(key).error();
    }
    return OpenState{std::move(lock), *std::move(key), std::move(sealing_key), std::move(journal)};
}

Status check_services_root(const std::string& folder) {
    struct stat info {};
    if (folder.empty() || folder.front() != '/')
        return Error(Code::invalid_argument,
                     fmt::format("the services root '{}' is not an absolute path", folder));
    if (::lstat(folder.c_str(), &info) != 0)
        return Error(Code::not_found,
                     fmt::format("the services root {}: {}", folder, std::generic_category().message(errno)),
                     fmt::format("Run: mkdir -p {}", folder));
    if (!S_ISDIR(info.st_mode) || info.st_uid != ::geteuid() || (info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return Error(Code::permission_denied,
                     fmt::format("the services root {} must be a folder of uid {} that nobody else may write",
                                 folder, ::geteuid()),
                     fmt::format("Run: chown {} {} && chmod go-w {}", ::geteuid(), folder, folder));
    return {};
}

}  // namespace signalbox::executor
