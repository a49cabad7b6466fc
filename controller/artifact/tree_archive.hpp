// SPDX-License-Identifier: Apache-2.0
// A Git tree as a tar: sorted, owned by nobody, dated 1970, so that the same tree gives the same bytes. Pure.
#pragma once

#include <string>
#include <vector>

#include "controller/estate/git_repository.hpp"

namespace signalbox::artifact {

// Errors: invalid_argument (no file, a link that leaves the tree), resource_exhausted (no memory).
[[nodiscard]] Result<std::string> make_tar(const std::vector<estate::TreeFile>& files);

}  // namespace signalbox::artifact
