// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/archive_format.hpp"

#include <algorithm>
#include <string_view>

namespace signalbox::cli {
namespace {

bool has_at(ByteView bytes, std::size_t at, std::string_view magic) {
    const ByteView wanted = as_bytes(magic);
    return bytes.size() >= at + wanted.size() &&
           std::equal(wanted.begin(), wanted.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
}

}  // namespace

std::optional<std::string> sniff_format(ByteView first_bytes) {
    if (has_at(first_bytes, 0, "\x1f\x8b")) return "tar.gz";
    if (has_at(first_bytes, 0, "\x28\xb5\x2f\xfd")) return "tar.zst";
    if (has_at(first_bytes, 257, "ustar")) return "tar";
    return std::nullopt;
}

}  // namespace signalbox::cli
