// SPDX-License-Identifier: Apache-2.0
// One fetch into a bare repository, within caps. Only for the Git adapter's own files.
#pragma once

#include "controller/estate/git_handle.hpp"
#include "controller/estate/git_repository.hpp"

namespace signalbox::estate {

// Every branch and tag, and no others, are then as they are there: branches under refs/remotes/origin.
[[nodiscard]] Status git_fetch(git_repository& repository, const std::string& url, const ServerTrust& trust,
                               const GitOptions& options, const Clock& clock);

}  // namespace signalbox::estate
