// SPDX-License-Identifier: Apache-2.0
// The next trust file while people make it: the file in force, and version + 1 of it, which collects root
// signatures. One JSON file that is handed from one keeper of a root key to the next; nothing in it is
// secret.
// {"format":"signalbox-trust-draft/v1","base":"<DSSE text>","next":"<DSSE text>"}. Pure.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/crypto/keys.hpp"
#include "common/dsse/dsse.hpp"
#include "common/trust/trust_file.hpp"

namespace signalbox::cli {

struct TrustDraft {
    std::string base_text;  // exact DSSE text of the file in force
    trust::TrustFile base;
    trust::TrustFile next;
    dsse::Envelope envelope;  // of next, with the signatures so far
};

// Version + 1 of a file, unchanged but for its expiry, and not signed.
[[nodiscard]] Result<TrustDraft> start_draft(std::string_view base_text, Instant expires);
// Errors: invalid_argument.
[[nodiscard]] Result<TrustDraft> parse_draft(std::string_view text);
[[nodiscard]] std::string serialize(const TrustDraft& draft);

// Changes the next file; signatures made so far fall away, because they were for something else. Errors: the
// edit's; invalid_argument when the outcome is no trust file.
using TrustEdit = std::function<Status(trust::TrustFile&)>;
[[nodiscard]] Result<TrustDraft> edit_draft(TrustDraft draft, const TrustEdit& edit);

struct RootProgress {
    int have_of_old = 0, need_of_old = 0;  // TUF 5.3.4: the old root must agree
    int have_of_new = 0, need_of_new = 0;  // and so must the new one
    [[nodiscard]] bool complete() const { return have_of_old >= need_of_old && have_of_new >= need_of_new; }
};
[[nodiscard]] RootProgress root_progress(const TrustDraft& draft);

// Adds a root keeper's signature. Errors: refused (the key is in neither root role), already_exists (signed).
[[nodiscard]] Result<TrustDraft> sign_draft(TrustDraft draft, const crypto::Signer& signer);

// What is new, one line each: "+ approve/production/security: alice", "threshold of root: 2 -> 3".
[[nodiscard]] std::vector<std::string> describe_changes(const trust::TrustFile& before,
                                                        const trust::TrustFile& after);

}  // namespace signalbox::cli
