// SPDX-License-Identifier: Apache-2.0
#include "agent/facts/facts.hpp"

#include <fstream>
#include <sstream>

namespace signalbox::facts {
namespace {

std::string first_line(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
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
    return {first_line("/proc/sys/kernel/hostname"), pretty_name(text.str())};
}

}  // namespace signalbox::facts
