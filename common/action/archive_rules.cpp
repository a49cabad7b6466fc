// SPDX-License-Identifier: Apache-2.0
#include "common/action/archive_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace signalbox::actions {
namespace {

constexpr std::size_t kMaxName = 255;
constexpr std::size_t kMaxPath = 1024;
constexpr std::int64_t kAlwaysAllowed = std::int64_t{64} << 20;
constexpr std::int64_t kNeverAllowed = std::int64_t{32} << 30;
constexpr std::int64_t kMaxRatio = 200;

Error refused(const Entry& entry, std::string_view why) {
    std::string shown;  // the name is hostile: nothing of it may reach a terminal or a log as a control
    for (const char c : entry.path.substr(0, 80)) shown += c > 31 && c < 127 ? c : '?';
    return Error(Code::refused, fmt::format("archive entry '{}': {}", shown, why),
                 "Build the artifact again without it; nothing was unpacked.");
}

std::vector<std::string_view> components(std::string_view path) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto end = path.find('/');
        parts.push_back(path.substr(0, end));
        if (end == std::string_view::npos) return parts;
        path.remove_prefix(end + 1);
    }
}

// CON, nul.txt, COM1 …: devices on Windows, whatever follows the first dot.
bool is_reserved_name(std::string_view name) {
    std::string stem(name.substr(0, name.find('.')));
    std::transform(stem.begin(), stem.end(), stem.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    constexpr std::array<std::string_view, 4> kDevices = {"CON", "PRN", "AUX", "NUL"};
    if (std::find(kDevices.begin(), kDevices.end(), stem) != kDevices.end()) return true;
    return stem.size() == 4 && (stem.starts_with("COM") || stem.starts_with("LPT")) && stem[3] >= '0' &&
           stem[3] <= '9';
}

// Empty when the name is fine, else the rule that it breaks.
std::string_view broken_rule(std::string_view name) {
    if (name.empty()) return "empty name";
    if (name == "." || name == "..") return "'.' or '..' in the path";
    if (name.size() > kMaxName) return "a name of more than 255 bytes";
    for (const char c : name) {
        if (static_cast<unsigned char>(c) < 32 || c == 127) return "a control character";
        if (c == '\\') return "a backslash";
        if (c == ':') return "a colon";
    }
    if (name.back() == '.' || name.back() == ' ') return "a name that ends in a dot or space";
    if (is_reserved_name(name)) return "a name that is a device on Windows";
    return {};
}

// Leading ".." steps go up from the link's own folder, which is a real one; after them only names. So no
// chain of links can lead out: each step down stays inside, by induction over the links.
std::string_view broken_link_rule(std::string_view target, std::size_t depth) {
    if (target.empty()) return "a symbolic link to nothing";
    if (target.front() == '/') return "a symbolic link to an absolute path";
    bool down = false;
    for (const std::string_view part : components(target)) {
        if (part == "..") {
            if (down) return "a symbolic link with '..' after a name";
            if (depth == 0) return "a symbolic link that leads out";
            --depth;
            continue;
        }
        down = true;
        if (const auto rule = broken_rule(part); !rule.empty()) return rule;
    }
    return {};
}

}  // namespace

ArchiveLimits limits_for(std::int64_t packed_bytes) {
    ArchiveLimits limits;
    const std::int64_t by_ratio =
        packed_bytes > kNeverAllowed / kMaxRatio ? kNeverAllowed : packed_bytes * kMaxRatio;
    limits.max_bytes = std::min(std::max(by_ratio, kAlwaysAllowed), kNeverAllowed);
    return limits;
}

Status ArchiveRules::check_parents(const std::string& path) {
    for (auto end = path.find('/'); end != std::string::npos; end = path.find('/', end + 1)) {
        const auto [at, fresh] = seen_.try_emplace(path.substr(0, end), Seen{EntryType::folder, false});
        if (at->second.type != EntryType::folder)
            return Error(
                Code::refused,
                fmt::format("archive entry '{:.80}' lies under something that is not a folder", path));
    }
    return {};
}

Result<std::string> ArchiveRules::admit(const Entry& entry) {
    if (++entries_ > limits_.max_entries)
        return Error(Code::resource_exhausted,
                     fmt::format("the archive has more than {} entries", limits_.max_entries));
    if (entry.type == EntryType::hardlink)
        return refused(entry, "a hard link (pack with --hard-dereference)");
    if (entry.type == EntryType::other) return refused(entry, "a device, pipe or socket");
    if ((entry.mode & 07000U) != 0) return refused(entry, "setuid, setgid or sticky bit");

    std::string_view path = entry.path;
    if (path.starts_with('/')) return refused(entry, "an absolute path");
    while (path.starts_with("./")) path.remove_prefix(2);
    if (entry.type == EntryType::folder) {
        while (path.ends_with('/')) path.remove_suffix(1);
        if (path.empty() || path == ".") return std::string();
    }
    if (path.size() > kMaxPath) return refused(entry, "a path of more than 1024 bytes");
    const auto parts = components(path);
    for (const std::string_view part : parts)
        if (const auto rule = broken_rule(part); !rule.empty()) return refused(entry, rule);
    if (entry.type == EntryType::symlink) {
        if (const auto rule = broken_link_rule(entry.link_target, parts.size() - 1); !rule.empty())
            return refused(entry, rule);
    }

    if (entry.type == EntryType::file) {
        if (entry.size < 0 || entry.size > limits_.max_bytes - bytes_)
            return Error(Code::resource_exhausted,
                         fmt::format("the archive unpacks to more than {} bytes", limits_.max_bytes),
                         "A release may unpack to 200 times its packed size, 32 GiB at most.");
        bytes_ += entry.size;
    }
    std::string normal(path);
    SB_CHECK(check_parents(normal));
    const auto [at, fresh] = seen_.try_emplace(normal, Seen{entry.type, true});
    if (!fresh) {
        // A folder may be listed after its content, once.
        if (entry.type != EntryType::folder || at->second.type != EntryType::folder || at->second.listed)
            return refused(entry, "a second entry of this name");
        at->second.listed = true;
    }
    return normal;
}

}  // namespace signalbox::actions
