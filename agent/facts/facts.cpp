// SPDX-License-Identifier: Apache-2.0
#include "agent/facts/facts.hpp"

#include <sys/utsname.h>

#include <fstream>
#include <sstream>

namespace signalbox::facts {
namespace {

// Asked of the kernel directly: the agent's unit hides /proc/sys from it.
std::string host_name() {
    utsname names{};
    return ::uname(&names) == 0 ? names.nodename : "";
}

}  // namespace

std::string pretty_name(const std::string& os_release) {
    std::istringstream lines(os_release);
    constexpr std::string_view kKey = "PRETTY_NAME=";
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with(kKey)) continue;
        std::string value = line.substr(kKey.size());
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
            value = value.substr(1, value.size() - 2);
        }
        return value;
    }
    return {};
}

Host read_host() {
    std::ifstream release("/etc/os-release");
    std::ostringstream text;
    if (release) text << release.rdbuf();
    return {host_name(), pretty_name(text.str())};
}

}  // namespace signalbox::facts
