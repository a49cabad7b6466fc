// SPDX-License-Identifier: Apache-2.0
#include "controller/estate/server_trust.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <sstream>

#include "common/crypto/encoding.hpp"

namespace signalbox::estate {
namespace {

constexpr std::size_t kMaxBytes = 256 << 10;

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

struct KnownHost {
    std::string names;  // with commas between
    Bytes key;
};

// "name[,name] kind key [comment]"; nothing when it is something else, such as a hashed name or a marker.
std::optional<KnownHost> parse_line(const std::string& line) {
    std::istringstream words(line);
    std::string names, kind, key;
    if (!(words >> names >> kind >> key) || names.find_first_of("|@*?!#") != std::string::npos)
        return std::nullopt;
    auto bytes = crypto::from_base64(key);
    if (!bytes) return std::nullopt;
    return KnownHost{std::move(names), *std::move(bytes)};
}

bool is_comment(const std::string& line) {
    const std::size_t first = line.find_first_not_of(" \t\r");
    return first == std::string::npos || line[first] == '#';
}

Status check_known_hosts(const std::string& text) {
    bool any = false;
    std::istringstream lines(text);
    int number = 0;
    for (std::string line; std::getline(lines, line);) {
        ++number;
        if (is_comment(line)) continue;
        if (!parse_line(line)) {
            return Error{
                Code::invalid_argument,
                fmt::format("line {} of the known hosts is not a name and a key", number),
                "Give what 'ssh-keyscan HOST' prints, without -H; patterns and markers are not read"};
        }
        any = true;
    }
    if (any) return {};
    return Error{Code::invalid_argument, "there is no host key in the known hosts",
                 "Give what ssh-keyscan prints, after comparing it with the server's own"};
}

}  // namespace

std::string git_server(std::string_view url) {
    if (url.starts_with('/')) return {};
    const bool https = url.starts_with("https://");
    const bool scp = !https && !url.starts_with("ssh://");
    std::string_view authority = url.substr(https ? 8 : scp ? 0 : 6);
    authority = authority.substr(0, authority.find(scp ? ':' : '/'));
    if (const std::size_t at = authority.find('@'); at != std::string_view::npos)
        authority.remove_prefix(at + 1);
    std::string out = std::string(https ? "https://" : "ssh://") + std::string(authority);
    if (authority.find(':') == std::string_view::npos) out += https ? ":443" : ":22";
    std::transform(out.begin(), out.end(), out.begin(), lower);
    return out;
}

bool knows_host_key(std::string_view known_hosts, std::string_view server, ByteView key) {
    const std::string_view authority = server.substr(server.find("://") + 3);
    const std::string_view host = authority.substr(0, authority.rfind(':'));
    const std::string_view port = authority.substr(host.size() + 1);
    std::istringstream lines{std::string(known_hosts)};
    for (std::string line; std::getline(lines, line);) {
        const auto known = parse_line(line);
        if (is_comment(line) || !known ||
            !std::equal(key.begin(), key.end(), known->key.begin(), known->key.end())) {
            continue;
        }
        std::istringstream names(known->names);
        for (std::string name; std::getline(names, name, ',');) {
            std::transform(name.begin(), name.end(), name.begin(), lower);
            if ((port == "22" && name == host) || name == fmt::format("[{}]:{}", host, port)) return true;
        }
    }
    return false;
}

Status check_server_trust(std::string_view url, const ServerTrust& trust) {
    const std::string server = git_server(url);
    if (trust.ca_pem.size() > kMaxBytes || trust.known_hosts.size() > kMaxBytes) {
        return Error{Code::invalid_argument, "the CA file or the known hosts are larger than 256 KiB",
                     "Give only what this server needs"};
    }
    if (!trust.ca_pem.empty() && !server.starts_with("https://")) {
        return Error{Code::invalid_argument, "a CA file says nothing about this URL: it is not https",
                     "Leave out --ca-file; an ssh server is known by --known-hosts"};
    }
    if (!trust.known_hosts.empty() && !server.starts_with("ssh://")) {
        return Error{Code::invalid_argument, "known hosts say nothing about this URL: it is not ssh",
                     "Leave out --known-hosts; an https server is known by --ca-file"};
    }
    if (!trust.ca_pem.empty() && trust.ca_pem.find("-----BEGIN CERTIFICATE-----") == std::string::npos) {
        return Error{Code::invalid_argument, "there is no certificate in the CA file",
                     "Give the CA's certificate in PEM: -----BEGIN CERTIFICATE-----"};
    }
    if (!trust.known_hosts.empty()) return check_known_hosts(trust.known_hosts);
    return {};
}

}  // namespace signalbox::estate
