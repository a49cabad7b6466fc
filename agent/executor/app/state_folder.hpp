// SPDX-License-Identifier: Apache-2.0
// The executor's state folder (mode 0700): record.key, journal.sqlite3, lock;
// record.key.next while the key is rotated.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "agent/executor/journal/journal.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/crypto/keys.hpp"
#include "common/crypto/sealed_box.hpp"
#include "common/os/lock_file.hpp"

namespace signalbox::executor {

// `signalbox-executor init`: makes the record key and pins cluster, environment, host and trust file's digest
// from the join line (its text, "@FILE" or "-" for standard input). A run that was cut short may be repeated.
// Errors: already_exists (initialised), invalid_argument (join line), permission_denied (unsafe folder),
// unavailable.
[[nodiscard]] Status initialise(const std::string& folder, const std::string& join);

// `signalbox-executor rotate-key`: makes the next record key; the present one signs the record that names it,
// and is destroyed. What a crash cuts short is finished, or forgotten, by the next open_state(). Not while
// the executor runs. Errors: open_state's, failed_precondition (not enrolled).
struct Rotated {
    crypto::PublicKey before, now;
};
[[nodiscard]] Result<Rotated> rotate_record_key(const std::string& folder, const std::string& boot_id,
                                                const Clock& clock);

struct OpenState {
    os::LockFile lock;  // one executor a folder
    crypto::SigningKey key;
    crypto::SealingKey sealing_key;
    std::unique_ptr<journal::Journal> journal;
};
// Errors: not_found (init was not run), permission_denied (unsafe folder or file), conflict (another executor
// runs), data_loss. Nothing is repaired; only a sealing key is made where there is none yet: secrets that are
// under way to a lost one are refused and sent again.
[[nodiscard]] Result<OpenState> open_state(const std::string& folder);

// Refuses a services root that is not a folder of ours, or that others may write.
[[nodiscard]] Status check_services_root(const std::string& folder);

}  // namespace signalbox::executor
