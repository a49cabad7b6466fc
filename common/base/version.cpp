// SPDX-License-Identifier: Apache-2.0
#include "common/base/version.hpp"

namespace signalbox {

std::string_view program_version() {
    return SIGNALBOX_VERSION;
}

}  // namespace signalbox
