// SPDX-License-Identifier: Apache-2.0
// The version of this build, as CMake's project() states it: "0.1.0".
#pragma once

#include <string_view>

namespace signalbox {

[[nodiscard]] std::string_view program_version();

}  // namespace signalbox
