// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "controller/estate/git_repository.hpp"

namespace signalbox::estate {
namespace {

bool is_host_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
}
bool is_host(std::string_view text) {
    return !text.empty() && text.front() != '-' && std::all_of(text.begin(), text.end(), is_host_char);
}

// "[user@]host[:port]", without a password.
bool is_authority(std::string_view text, bool user_allowed) {
    if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
        if (!user_allowed || !is_host(text.substr(0, at))) return false;
        text.remove_prefix(at + 1);
    }
    const std::size_t colon = text.find(':');
    const std::string_view port =
        colon == std::string_view::npos ? std::string_view("0") : text.substr(colon + 1);
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    return is_host(text.substr(0, colon)) && !port.empty() && std::all_of(port.begin(), port.end(), digit);
}

bool accepted(std::string_view url) {
    const auto control = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; };
    if (url.starts_with("https://") || url.starts_with("ssh://")) {
        if (std::any_of(url.begin(), url.end(), control)) return false;
        const bool ssh = url.starts_with("ssh://");
        const std::string_view rest = url.substr(ssh ? 6 : 8);
        const std::size_t slash = rest.find('/');
        return slash != std::string_view::npos && is_authority(rest.substr(0, slash), ssh);
    }
    if (url.starts_with('/')) return url.find('\n') == std::string_view::npos;
    // user@host:path, as scp writes it.
    const std::size_t colon = url.find(':');
    return colon != std::string_view::npos && url.find("://") == std::string_view::npos &&
           url.find('@') < colon && colon + 1 < url.size() && is_authority(url.substr(0, colon), true) &&
           std::none_of(url.begin(), url.end(), control);
}

}  // namespace

Status check_git_url(std::string_view url) {
    if (url.size() <= 2000 && accepted(url)) return {};
    // The text may hold a password: it is not repeated.
    return Error{
        Code::invalid_argument, "this is not the URL of a repository that can be read",
        "Give an absolute path, https://host/path (no user or password in it), ssh://user@host/path or "
        "user@host:path; plain http:// and git:// are not accepted"};
}

}  // namespace signalbox::estate
