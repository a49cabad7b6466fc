// SPDX-License-Identifier: Apache-2.0
// What the network face knows of its own host.
#pragma once

#include <string>

namespace signalbox::facts {

struct Host {
    std::string name;  // as the kernel knows it; empty when it cannot be read
    std::string os;    // "Debian GNU/Linux 12 (bookworm)"; empty when it cannot be read
};

[[nodiscard]] Host read_host();
// The PRETTY_NAME of an os-release text (os-release(5)). Pure.
[[nodiscard]] std::string pretty_name(const std::string& os_release);

}  // namespace signalbox::facts
