// SPDX-License-Identifier: Apache-2.0
#include "common/action/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace signalbox::actions {
namespace {

constexpr std::size_t kMaxArguments = 256;
constexpr std::size_t kMaxArgvBytes = 128 * 1024;

constexpr bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}
constexpr bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}
constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
constexpr bool is_alnum(char c) {
    return is_lower(c) || is_upper(c) || is_digit(c);
}

template <class Allowed>
bool consists_of(std::string_view text, std::size_t max, Allowed allowed) {
    return !text.empty() && text.size() <= max && std::all_of(text.begin(), text.end(), allowed);
}

}  // namespace

bool is_service_name(std::string_view text) {
    return consists_of(text, 63, [](char c) { return is_alnum(c) || c == '.' || c == '_' || c == '-'; }) &&
           is_alnum(text.front());
}

bool is_haproxy_name(std::string_view text) {
    return consists_of(text, 64,
                       [](char c) { return is_alnum(c) || c == '_' || c == '.' || c == ':' || c == '-'; });
}

bool is_server_name(std::string_view text) {
    return consists_of(text, 64, [](char c) { return is_alnum(c) || c == '_' || c == '.' || c == '-'; }) &&
           (is_alnum(text.front()) || text.front() == '_');
}

bool is_host_port(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return false;
    std::string_view host = text.substr(0, colon);
    const std::string_view port = text.substr(colon + 1);
    if (!consists_of(port, 5, is_digit) || port.front() == '0') return false;
    int number = 0;
    for (const char c : port) number = number * 10 + (c - '0');
    if (number > 65'535) return false;
    if (!host.starts_with('['))
        return consists_of(host, 253, [](char c) { return is_alnum(c) || c == '.' || c == '-'; }) &&
               is_alnum(host.front());
    if (!host.ends_with(']')) return false;
    host = host.substr(1, host.size() - 2);
    return host.find(':') != std::string_view::npos && consists_of(host, 45, [](char c) {
               return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
           });
}

bool is_user_name(std::string_view text) {
    return consists_of(text, 32, [](char c) { return is_lower(c) || is_digit(c) || c == '_' || c == '-'; }) &&
           (is_lower(text.front()) || text.front() == '_');
}

bool is_env_name(std::string_view text) {
    static constexpr std::array<std::string_view, 14> kForbidden = {
        "PATH",   "IFS",     "ENV",     "BASH_ENV",    "SHELLOPTS",      "BASHOPTS", "GCONV_PATH",
        "TMPDIR", "NLSPATH", "LOCPATH", "HOSTALIASES", "GLIBC_TUNABLES", "PS4",      "HOME"};
    if (text == "http_proxy" || text == "https_proxy" || text == "no_proxy") return true;
    if (!consists_of(text, 64, [](char c) { return is_upper(c) || is_digit(c) || c == '_'; })) return false;
    if (is_digit(text.front())) return false;
    for (const std::string_view prefix : {"LD_", "MALLOC_", "SIGNALBOX_"})
        if (text.starts_with(prefix)) return false;
    return std::find(kForbidden.begin(), kForbidden.end(), text) == kForbidden.end();
}

Status check_argv(const std::vector<std::string>& argv) {
    if (argv.empty()) return Error(Code::invalid_argument, "the command is empty");
    if (argv.size() > kMaxArguments)
        return Error(Code::invalid_argument,
                     fmt::format("the command has more than {} arguments", kMaxArguments));
    std::size_t total = 0;
    for (const auto& argument : argv) {
        total += argument.size() + 1;
        if (argument.find('\0') != std::string::npos)
            return Error(Code::invalid_argument, "an argument contains a NUL byte");
    }
    if (total > kMaxArgvBytes)
        return Error(Code::invalid_argument, fmt::format("the arguments are over {} bytes", kMaxArgvBytes));
    if (argv.front().empty() || argv.front().front() == '-')
        return Error(Code::invalid_argument, fmt::format("'{:.60}' cannot name a program", argv.front()));
    if (argv.front().front() != '/' && argv.front().find('/') != std::string::npos)
        return Error(Code::invalid_argument, fmt::format("'{:.60}' is a relative path", argv.front()),
                     "Give an absolute path, or a bare name to be found on the fixed PATH.");
    return {};
}

bool is_probe_url(std::string_view text) {
    std::string_view rest = text;
    if (rest.starts_with("http://"))
        rest.remove_prefix(7);
    else if (rest.starts_with("https://"))
        rest.remove_prefix(8);
    else
        return false;
    const bool clean = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 127; });
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
    return clean && text.size() <= 2048 && !authority.empty() &&
           authority.find('@') == std::string_view::npos;
}

}  // namespace signalbox::actions
