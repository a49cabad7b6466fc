// SPDX-License-Identifier: Apache-2.0
// A service's folder: releases/<sha256>/ and the link `current` to one of them. Errors: the disk's, naming
// the path.
#pragma once

#include <optional>
#include <string>

#include "common/base/result.hpp"
#include "common/crypto/digest.hpp"

namespace signalbox::actions {

[[nodiscard]] std::string releases_folder(const std::string& service_root);
[[nodiscard]] std::string release_folder(const std::string& service_root, const crypto::Digest& artifact);
// What the link `current` says when it points to that artifact; relative, so that the tree can be moved.
[[nodiscard]] std::string target_of(const crypto::Digest& artifact);

// The link's text; nothing when there is no `current`. Errors: failed_precondition (it is there and not a
// link).
[[nodiscard]] Result<std::optional<std::string>> read_current(const std::string& service_root);
// Atomic and synced; nothing removes it.
[[nodiscard]] Status set_current(const std::string& service_root, const std::optional<std::string>& target);
// For records: SHA-256 of the text; of "" for none.
[[nodiscard]] crypto::Digest digest_of(const std::optional<std::string>& target);

}  // namespace signalbox::actions
