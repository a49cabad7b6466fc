// SPDX-License-Identifier: Apache-2.0
#include "controller/estate/git_credentials.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "common/os/file.hpp"
#include "common/os/private_directory.hpp"
#include "controller/estate/git_repository.hpp"
#include "controller/estate/server_trust.hpp"

namespace signalbox::estate {
namespace {

constexpr std::size_t kMaxBytes = 64 << 10;

std::optional<int> hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return std::nullopt;
}

// Percent-decoding; nothing when it is wrong, or gives what no header may hold.
std::optional<std::string> decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            if (i + 2 >= text.size()) return std::nullopt;
            const auto high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
            if (!high || !low) return std::nullopt;
            c = static_cast<char>(*high * 16 + *low);
            i += 2;
        }
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return std::nullopt;
        out += c;
    }
    return out;
}

struct Line {
    std::string server;
    GitCredential credential;
};

std::optional<Line> parse(std::string_view line) {
    constexpr std::string_view kScheme = "https://";
    if (!line.starts_with(kScheme)) return std::nullopt;
    std::string_view rest = line.substr(kScheme.size());
    const std::size_t at = rest.find('@');
    const std::size_t colon = rest.find(':');
    if (at == std::string_view::npos || colon >= at) return std::nullopt;
    auto user = decoded(rest.substr(0, colon));
    auto password = decoded(rest.substr(colon + 1, at - colon - 1));
    std::string url = std::string(kScheme) + std::string(rest.substr(at + 1));
    if (url.find('/', kScheme.size()) == std::string::npos) url += '/';
    if (!user || !password || user->empty() || password->empty() || !check_git_url(url).ok())
        return std::nullopt;
    return Line{git_server(url), {std::move(*user), std::move(*password)}};
}

}  // namespace

Result<std::optional<GitCredential>> find_credential(std::string_view text, std::string_view server) {
    std::optional<GitCredential> found;
    for (int number = 1; !text.empty(); ++number) {
        const std::size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty() || line.starts_with('#')) continue;
        auto entry = parse(line);
        if (!entry) {
            return Error{Code::invalid_argument, fmt::format("line {} is no credential", number),
                         "Write https://USER:TOKEN@HOST[:PORT], with %40 for an @ in the user or the token"};
        }
        if (!found && entry->server == server) found = std::move(entry->credential);
    }
    return found;
}

Result<std::optional<GitCredential>> read_credential(const std::string& path, std::string_view server) {
    std::error_code failure;
    if (path.empty() || !std::filesystem::exists(path, failure)) return std::optional<GitCredential>{};
    SB_CHECK(os::check_private_file(path));
    SB_TRY(const std::string text, os::read_file(path, kMaxBytes));
    auto found = find_credential(text, server);
    if (!found) return std::move(found).error().with_context(fmt::format("'{}'", path));
    return found;
}

}  // namespace signalbox::estate
