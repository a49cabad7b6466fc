// SPDX-License-Identifier: Apache-2.0
// The executor's own copy of an artifact, made while it is hashed. Who passed the descriptor may change his
// file after; what is unpacked is this copy, which has no name.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/result.hpp"
#include "common/crypto/digest.hpp"
#include "common/os/unique_fd.hpp"

namespace signalbox::actions {

// At its start, open for reading. `folder`: the executor's own, with room for the artifact.
// Errors: data_loss (digest or size differ: nothing may be done with it), resource_exhausted, unavailable.
[[nodiscard]] Result<os::UniqueFd> copy_verified(const os::UniqueFd& source, const crypto::Digest& sha256,
                                                 std::int64_t size, const std::string& folder);

}  // namespace signalbox::actions
