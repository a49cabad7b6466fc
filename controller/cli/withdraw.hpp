// SPDX-License-Identifier: Apache-2.0
// signalbox release withdraw: take back what a signature did.
#pragma once

#include <string>

#include "common/model/ids.hpp"
#include "controller/cli/command.hpp"

namespace signalbox::cli {

struct WithdrawOptions {
    std::string release_id;
    std::string environment;  // empty: every one that the key approved
    std::string reason;
    KeyOptions key;
    bool yes = false;
};
[[nodiscard]] Result<int> withdraw_release(const Context& context, const WithdrawOptions& options);

// The DSSE text of a withdrawal of this approval, or standing approval, signed. `name` is for people. Errors:
// the signer's.
struct ToWithdraw {
    ClusterId cluster_id;
    std::string environment;
    std::string payload;
    std::string name;
};
[[nodiscard]] Result<std::string> sign_withdrawal(const ToWithdraw& what, const std::string& reason,
                                                  const crypto::Signer& signer, Instant now);

}  // namespace signalbox::cli
