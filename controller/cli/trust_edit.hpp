// SPDX-License-Identifier: Apache-2.0
// Changes to a trust file, one function each. Pure; the outcome is checked by edit_draft.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/crypto/keys.hpp"
#include "common/trust/trust_file.hpp"

namespace signalbox::cli {

[[nodiscard]] inline std::string approver_role(std::string_view environment, std::string_view role) {
    return "approve/" + std::string(environment) + "/" + std::string(role);
}

// What to say before an environment is written of which the file knows nothing yet, while it knows others:
// most likely it is misspelt. Otherwise empty.
[[nodiscard]] std::string warning_of_new_environment(const trust::TrustFile& file,
                                                     const std::string& environment);
// Makes the role with threshold 1 when it is new. Keys with the same label are one person's, who fills one
// place only. Errors: already_exists, invalid_argument (the key is listed under another label).
[[nodiscard]] Status add_key(trust::TrustFile& file, const std::string& role, const crypto::PublicKey& key,
                             const std::string& label);
// `who` is a label, a k4.pid or a k4.public. A role without keys goes away; a key without a role too.
// Errors: not_found, invalid_argument (two keys have the label), failed_precondition (too few would be left).
[[nodiscard]] Status remove_key(trust::TrustFile& file, const std::string& role, const std::string& who);
// Errors: not_found, invalid_argument (more than there are keys; 0 outside approve/…).
[[nodiscard]] Status set_threshold(trust::TrustFile& file, const std::string& role, int threshold);

}  // namespace signalbox::cli
