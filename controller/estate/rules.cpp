// SPDX-License-Identifier: Apache-2.0
#include "controller/estate/rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace signalbox::estate {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_lower_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f');
}
bool is_name_char(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-';
}
bool is_word_char(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool all(std::string_view text, bool (*good)(char)) {
    return !text.empty() && std::all_of(text.begin(), text.end(), good);
}

Error wrong(std::string message, std::string remedy) {
    return {Code::invalid_argument, std::move(message), std::move(remedy)};
}

// A number without a leading zero, up to nine digits.
bool is_number(std::string_view text) {
    return all(text, is_digit) && text.size() <= 9 && (text.size() == 1 || text[0] != '0');
}

bool is_prerelease(std::string_view text) {
    while (true) {
        const std::string_view part = text.substr(0, text.find('.'));
        const auto good = [](char c) { return is_word_char(c) || c == '-'; };
        if (!all(part, good) || (all(part, is_digit) && part.size() > 1 && part[0] == '0')) return false;
        if (part.size() == text.size()) return true;
        text.remove_prefix(part.size() + 1);
    }
}

// Replaces ${…} by one letter, so that the rest can be judged.
std::string without_templates(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text.substr(i, 2) == "${") {
            const std::size_t end = text.find('}', i);
            if (end != std::string_view::npos) {
                out += 'x';
                i = end;
                continue;
            }
        }
        out += text[i];
    }
    return out;
}

bool is_port(std::string_view text) {
    int port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc{} && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

// Why the part after "scheme://" is no host with optional port and path, or empty.
std::string authority_problem(std::string_view rest) {
    const auto bad = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '\\'; };
    if (std::any_of(rest.begin(), rest.end(), bad)) return "holds a blank or a backslash";
    std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
    if (authority.find('@') != std::string_view::npos) return "holds a user name or password";
    std::string_view host = authority;
    std::string_view port;
    if (!authority.empty() && authority.front() == '[') {
        const std::size_t end = authority.find(']');
        if (end == std::string_view::npos) return "has a '[' without ']'";
        host = authority.substr(1, end - 1);
        const std::string_view after = authority.substr(end + 1);
        if (!after.empty() && after[0] != ':') return "has text between ']' and the port";
        if (!after.empty() && !is_port(after.substr(1))) return "has no port between 1 and 65535";
        const auto good = [](char c) { return is_word_char(c) || c == ':' || c == '.'; };
        return all(host, good) ? "" : "has no host";
    }
    if (const std::size_t colon = authority.find(':'); colon != std::string_view::npos) {
        host = authority.substr(0, colon);
        port = authority.substr(colon + 1);
        // A template may stand for the port.
        if (port != "x" && !is_port(port)) return "has no port between 1 and 65535";
    }
    const auto good = [](char c) { return is_word_char(c) || c == '.' || c == '-' || c == '_'; };
    return all(host, good) ? "" : "has no host";
}

bool is_absolute(std::string_view path) {
    return path.starts_with('/') && path.find("/../") == std::string_view::npos && !path.ends_with("/..") &&
           !path.ends_with('/');
}

}  // namespace

std::optional<Error> check_name(std::string_view name) {
    if (all(name, is_name_char) && name.size() <= 40 && name[0] != '-') return std::nullopt;
    return wrong(fmt::format("'{:.60}' is not a name", name),
                 "Use 1 to 40 of a-z, 0-9 and '-', not beginning with '-'");
}

std::optional<Error> check_semver(std::string_view version) {
    const std::string_view core = version.substr(0, version.find('-'));
    const std::size_t first = core.find('.');
    const std::size_t second = first == std::string_view::npos ? first : core.find('.', first + 1);
    const bool good = second != std::string_view::npos && is_number(core.substr(0, first)) &&
                      is_number(core.substr(first + 1, second - first - 1)) &&
                      is_number(core.substr(second + 1)) && version.size() <= 60 &&
                      (core.size() == version.size() || is_prerelease(version.substr(core.size() + 1)));
    if (good) return std::nullopt;
    return wrong(fmt::format("'{:.60}' is not a semantic version", version),
                 "Write MAJOR.MINOR.PATCH, as 2.14.0 or 2.14.0-rc.1; no build metadata (+…)");
}

std::optional<Error> check_commit(std::string_view commit) {
    if (all(commit, is_lower_hex) && commit.size() >= 7 && commit.size() <= 64) return std::nullopt;
    return wrong(
        fmt::format("'{:.60}' is not a commit", commit),
        "Write the source commit's hash, 7 to 64 lower-case hex digits (in quotes when all are digits)");
}

std::optional<Error> check_health_url(std::string_view url) {
    const std::string plain = without_templates(url);
    const std::string_view view = plain;
    const bool http = view.starts_with("http://");
    if (!http && !view.starts_with("https://")) {
        return wrong(fmt::format("'{:.80}' is not an HTTP URL", url),
                     "Write it as http://127.0.0.1:8080/healthz");
    }
    const std::string why = authority_problem(view.substr(http ? 7 : 8));
    if (why.empty() && url.size() <= 2000) return std::nullopt;
    return wrong(fmt::format("the URL '{:.80}' {}", url, why.empty() ? "is longer than 2000" : why),
                 "Write it as http://127.0.0.1:8080/healthz");
}

std::optional<Error> check_socket_path(std::string_view path) {
    // sun_path holds 108 bytes with its end.
    if (is_absolute(path) && path.size() < 108) return std::nullopt;
    return wrong(fmt::format("'{:.110}' is not the path of a socket", path),
                 "Write an absolute path without '..', of at most 107 bytes, as /run/haproxy/admin.sock");
}

std::optional<Error> check_file_path(std::string_view path) {
    if (is_absolute(path) && path.size() < 256) return std::nullopt;
    return wrong(fmt::format("'{:.110}' is not the path of a file", path),
                 "Write an absolute path without '..', of at most 255 bytes, as "
                 "/etc/nginx/conf.d/payments-upstream.conf");
}

std::optional<Error> check_address(std::string_view address) {
    const bool port = address.rfind(':') != std::string_view::npos && !address.ends_with(']');
    const bool plain = address.find_first_of("/?#") == std::string_view::npos && address.size() <= 270;
    if (port && plain && authority_problem(address).empty()) return std::nullopt;
    return wrong(fmt::format("'{:.80}' is not the address of a server", address),
                 "Write host and port, as 10.0.0.1:8080 or web.example:8080");
}

std::optional<Error> check_proxy_name(std::string_view name) {
    const auto good = [](char c) { return is_word_char(c) || c == '.' || c == '_' || c == ':' || c == '-'; };
    if (all(name, good) && name.size() <= 100) return std::nullopt;
    return wrong(fmt::format("'{:.60}' cannot be the name of a backend or server", name),
                 "Use letters, digits and . _ : - as HAProxy does");
}

Result<ArtifactSource> parse_artifact_source(const std::string& url, const std::string& sha256) {
    constexpr std::string_view kBlob = "blob:sha256:";
    ArtifactSource out{url, std::nullopt, {}};
    if (url.starts_with(kBlob)) {
        auto digest = crypto::parse_digest(std::string_view(url).substr(kBlob.size()));
        if (!digest || !sha256.empty()) {
            return wrong(
                fmt::format("'{:.100}' {}", url,
                            digest ? "names its digest already" : "does not end in a SHA-256 digest"),
                "Write blob:sha256: and the 64 lower-case hex digits that 'signalbox artifact push' "
                "printed, and no sha256 beside it");
        }
        out.sha256 = *digest;
        return out;
    }
    if (url.starts_with("https://")) {
        if (const auto why = authority_problem(std::string_view(url).substr(8)); !why.empty()) {
            return wrong(fmt::format("the URL '{:.80}' {}", url, why), "Write it as https://host/path");
        }
        auto digest = crypto::parse_digest(sha256);
        if (!digest) {
            return wrong(sha256.empty() ? "an https artifact has no digest"
                                        : fmt::format("'{:.80}' is not a SHA-256 digest", sha256),
                         "Add 'sha256: <64 lower-case hex digits>' beside the url, as sha256sum prints it");
        }
        out.sha256 = *digest;
        return out;
    }
    if (url.starts_with("git:")) {
        const std::size_t hash = url.rfind('#');
        const std::string_view fragment =
            hash == std::string::npos ? std::string_view() : std::string_view(url).substr(hash + 1);
        const std::string_view commit = fragment.substr(0, fragment.find(':'));
        const bool good = hash > 4 && commit.size() == 40 && all(commit, is_lower_hex) &&
                          commit.size() < fragment.size() &&
                          fragment.find("..", commit.size()) == std::string_view::npos && sha256.empty();
        if (good) return out;
        return wrong(
            fmt::format("'{:.100}' is not a Git tree at a commit", url),
            "Write git:<repository>#<40 hex digits of the commit>:<path in it, may be empty>, and no "
            "sha256 beside it");
    }
    return wrong(
        fmt::format("'{:.80}' is no place that artifacts come from", url),
        "Write blob:sha256:<digest>, https://… with sha256 beside it, or git:<repository>#<commit>:<path>");
}

}  // namespace signalbox::estate
