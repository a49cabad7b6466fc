// SPDX-License-Identifier: Apache-2.0
// Questions to a person at the terminal. Passphrases are never echoed and never come from an argument.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/crypto/secret_bytes.hpp"

namespace signalbox::cli {

class Prompt {
  public:
    virtual ~Prompt() = default;
    // False when nobody can answer: then the other two fail with failed_precondition.
    [[nodiscard]] virtual bool interactive() const = 0;
    // One line without echo. Errors: cancelled (Ctrl-C, end of input).
    [[nodiscard]] virtual Result<crypto::SecretBytes> secret(std::string_view question) = 0;
    // True only for "y" or "yes". Errors: cancelled.
    [[nodiscard]] virtual Result<bool> confirm(std::string_view question) = 0;
};

// Talks to /dev/tty, whatever stdin and stdout are.
class TerminalPrompt final : public Prompt {
  public:
    [[nodiscard]] bool interactive() const override;
    [[nodiscard]] Result<crypto::SecretBytes> secret(std::string_view question) override;
    [[nodiscard]] Result<bool> confirm(std::string_view question) override;
};

}  // namespace signalbox::cli
