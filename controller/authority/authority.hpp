// SPDX-License-Identifier: Apache-2.0
// Authority: the trust file in force, its history, and publishing the next one. DATA/trust holds trust.json
// (the one in force) and N.json (every version). Lives on the domain strand.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/trust/trust_file.hpp"
#include "controller/ledger/ledger.hpp"

namespace signalbox::authority {

class Authority {
  public:
    // Reads and verifies the file in force. It may be expired: hosts refuse steps then, but reports still
    // come in and a new file can be published. Errors: not_found, permission_denied, refused (not signed by
    // its own root, other cluster).
    [[nodiscard]] static Result<std::unique_ptr<Authority>> open(const std::string& directory,
                                                                 const ClusterId& cluster,
                                                                 const Clock& clock);

    [[nodiscard]] const trust::TrustFile& current() const { return current_; }
    // The exact DSSE text: what join lines pin and hosts verify.
    [[nodiscard]] const std::string& current_text() const { return text_; }
    // Of any version that was ever in force. Errors: not_found, unavailable.
    [[nodiscard]] Result<std::string> text(std::int64_t version) const;
    // True when the file in force lists this key in an approval role.
    [[nodiscard]] bool is_approver(const crypto::KeyId& kid) const;

    struct Published {
        std::int64_t version = 0;
        Instant time{};
        std::string by;  // API key's name; empty for the first
    };
    // What the ledger tells of every version up to the one in force, the oldest first. Errors: the ledger's;
    // data_loss when it lacks one.
    [[nodiscard]] Result<std::vector<Published>> history(ledger::Ledger& ledger) const;
    // Which keys hold the role now, and since when they have held it without a break. Errors: those of
    // history and of reading a version.
    [[nodiscard]] Result<std::map<crypto::KeyId, Instant>> listed_since(const std::string& role,
                                                                        ledger::Ledger& ledger) const;

    // Takes the next version by the rules of TUF 5.3, appends the ledger entry, and only then puts it in
    // force. Errors: refused (rules, expired), conflict (this version is in force), the ledger's and the
    // disk's.
    [[nodiscard]] Status publish(const std::string& dsse_text, const std::string& by, ledger::Ledger& ledger);
    // Called after each publication. Stays for the authority's life.
    void on_published(std::function<void()> callback) { listeners_.push_back(std::move(callback)); }

    // What people should know now: expired, or expires within 30 days. Nothing when all is well.
    [[nodiscard]] std::optional<std::string> warning(Instant now) const;

  private:
    Authority(std::string directory, const Clock& clock, trust::TrustFile current, std::string text)
        : directory_(std::move(directory)),
          clock_(clock),
          current_(std::move(current)),
          text_(std::move(text)) {}

    std::string directory_;
    const Clock& clock_;
    trust::TrustFile current_;
    std::string text_;
    std::vector<std::function<void()>> listeners_;
};

}  // namespace signalbox::authority
