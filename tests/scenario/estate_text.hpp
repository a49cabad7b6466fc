// SPDX-License-Identifier: Apache-2.0
// A design as the files of an estate. For tests only.
#pragma once

#include <vector>

#include "controller/estate/load.hpp"
#include "design.hpp"

namespace signalbox::scenario {

[[nodiscard]] std::vector<estate::SourceFile> estate_files(const Design& design);
[[nodiscard]] std::string manifest_path(const ReleaseDesign& release);
// The digest that every artifact of a version of a service has.
[[nodiscard]] std::string artifact_of(const std::string& service, const std::string& version);

}  // namespace signalbox::scenario
