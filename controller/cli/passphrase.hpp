// SPDX-License-Identifier: Apache-2.0
// Passphrases from a file or from a person; never from an argument or the environment, where others see them.
#pragma once

#include <string>

#include "common/base/result.hpp"
#include "common/crypto/secret_bytes.hpp"
#include "controller/cli/prompt.hpp"

namespace signalbox::cli {

inline constexpr std::size_t kShortestPassphrase = 10;

// The first line of a file that only its owner may read (a pipe will do: <(command)).
// Errors: those of reading it; invalid_argument (empty).
[[nodiscard]] Result<crypto::SecretBytes> passphrase_from_file(const std::string& path);
// Asked once, to open `what`; from `file` unless that is empty.
[[nodiscard]] Result<crypto::SecretBytes> passphrase_to_open(Prompt& prompt, const std::string& file,
                                                             const std::string& what);
// Asked twice, to protect `what`. Errors: invalid_argument (too short, not the same twice).
[[nodiscard]] Result<crypto::SecretBytes> new_passphrase(Prompt& prompt, const std::string& file,
                                                         const std::string& what);

}  // namespace signalbox::cli
