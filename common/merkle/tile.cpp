// SPDX-License-Identifier: Apache-2.0
#include "common/merkle/tile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <utility>

#include "common/merkle/lines.hpp"

namespace signalbox::merkle {
namespace {

constexpr std::size_t kHashBytes = 32;
constexpr unsigned kMaxLevel = 63;
constexpr std::size_t kMaxEntryBytes = std::numeric_limits<std::uint16_t>::max();
// 2^63 is the largest tree; its tiles' numbers have no more parts than this.
constexpr std::size_t kMaxParts = 7;

Error not_a_tile(std::string_view path) {
    return {Code::invalid_argument, fmt::format("'{:.100}' is not the path of a tile", path),
            "see c2sp.org/tlog-tiles: tile/<level>/<index>[.p/<width>]"};
}

std::string index_path(std::uint64_t index) {
    std::string out = fmt::format("{:03}", index % 1000);
    for (index /= 1000; index != 0; index /= 1000) out = fmt::format("x{:03}/{}", index % 1000, out);
    return out;
}

// The part up to the next slash; `rest` moves behind it.
std::string_view take_part(std::string_view& rest) {
    const std::size_t slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
    return part;
}

// Three digits.
std::optional<unsigned> parse_thousand(std::string_view part) {
    if (part.size() != 3) return std::nullopt;
    unsigned value = 0;
    for (const char digit : part) {
        if (digit < '0' || digit > '9') return std::nullopt;
        value = value * 10 + static_cast<unsigned>(digit - '0');
    }
    return value;
}

// "x001/x234/067"; `rest` is what follows.
std::optional<std::uint64_t> take_index(std::string_view& rest, bool& partial) {
    std::uint64_t index = 0;
    for (std::size_t parts = 0; parts < kMaxParts; ++parts) {
        std::string_view part = take_part(rest);
        const bool more = part.starts_with('x');
        if (more) part.remove_prefix(1);
        partial = !more && part.ends_with(".p");
        if (partial) part.remove_suffix(2);
        const auto value = parse_thousand(part);
        if (!value || index > std::numeric_limits<std::int64_t>::max() / 1000 - 1) return std::nullopt;
        index = index * 1000 + *value;
        if (!more) return index;
    }
    return std::nullopt;
}

}  // namespace

bool TilePath::within(std::uint64_t size) const {
    const unsigned shift = level.value_or(0) * kTileHeight;
    if (shift >= 63) return false;
    const std::uint64_t hashes = size >> shift;
    return index <= hashes / kTileWidth && index * kTileWidth + width <= hashes;
}

std::string to_path(const TilePath& tile) {
    std::string out = tile.level ? fmt::format("tile/{}/{}", *tile.level, index_path(tile.index))
                                 : fmt::format("tile/entries/{}", index_path(tile.index));
    if (tile.width != kTileWidth) out += fmt::format(".p/{}", tile.width);
    return out;
}

Result<TilePath> parse_tile_path(std::string_view path) {
    std::string_view rest = path;
    TilePath tile;
    if (take_part(rest) != "tile") return not_a_tile(path);
    const std::string_view level = take_part(rest);
    if (level != "entries") {
        const auto number = level.empty() ? std::nullopt : parse_decimal(level);
        if (!number || *number > kMaxLevel) return not_a_tile(path);
        tile.level = static_cast<unsigned>(*number);
    }
    bool partial = false;
    const auto index = take_index(rest, partial);
    if (!index) return not_a_tile(path);
    tile.index = *index;
    if (partial) {
        const auto width = rest.empty() ? std::nullopt : parse_decimal(rest);
        if (!width || *width == 0 || *width >= kTileWidth) return not_a_tile(path);
        tile.width = static_cast<unsigned>(*width);
    }
    // The one spelling: nothing behind, no leading x000.
    if (to_path(tile) != path) return not_a_tile(path);
    return tile;
}

Result<std::string> hash_tile(const TilePath& tile, const NodeReader& read) {
    std::string out;
    out.reserve(tile.width * kHashBytes);
    for (unsigned i = 0; i < tile.width; ++i) {
        SB_TRY(const Hash hash, read(tile.level.value_or(0) * kTileHeight, tile.index * kTileWidth + i));
        out += to_text(hash.view());
    }
    return out;
}

Result<std::string> entry_bundle(const std::vector<std::string>& leaves) {
    std::string out;
    for (const std::string& leaf : leaves) {
        if (leaf.size() > kMaxEntryBytes) {
            return Error(Code::invalid_argument,
                         fmt::format("a leaf of {} bytes does not fit into an entry bundle", leaf.size()));
        }
        out += static_cast<char>(leaf.size() >> 8);
        out += static_cast<char>(leaf.size() & 0xff);
        out += leaf;
    }
    return out;
}

Result<std::vector<std::string>> parse_entry_bundle(std::string_view bytes) {
    std::vector<std::string> leaves;
    while (!bytes.empty()) {
        if (bytes.size() < 2) return Error(Code::invalid_argument, "entry bundle: cut within a length");
        const std::size_t size = static_cast<std::size_t>(static_cast<unsigned char>(bytes[0])) << 8 |
                                 static_cast<unsigned char>(bytes[1]);
        bytes.remove_prefix(2);
        if (size > bytes.size()) return Error(Code::invalid_argument, "entry bundle: cut within an entry");
        if (leaves.size() == kTileWidth)
            return Error(Code::invalid_argument, "entry bundle: more than 256 entries");
        leaves.emplace_back(bytes.substr(0, size));
        bytes.remove_prefix(size);
    }
    return leaves;
}

NodeReader tile_reader(std::uint64_t size, TileFetch fetch) {
    using Tiles = std::map<std::pair<unsigned, std::uint64_t>, std::vector<Hash>>;
    const auto kept = std::make_shared<Tiles>();
    return [size, fetch = std::move(fetch), kept](unsigned level, std::uint64_t index) -> Result<Hash> {
        const unsigned tile_level = level / kTileHeight;
        const unsigned above = level % kTileHeight;  // levels above the tile's own hashes
        const std::uint64_t first = index << above;
        const std::uint64_t number = first / kTileWidth;
        auto found = kept->find({tile_level, number});
        if (found == kept->end()) {
            const std::uint64_t hashes = size >> (tile_level * kTileHeight);
            if (number * kTileWidth >= hashes)
                return Error(Code::invalid_argument, fmt::format("a tree of {} has no such hash", size));
            const auto width = std::min<std::uint64_t>(kTileWidth, hashes - number * kTileWidth);
            const TilePath path{tile_level, number, static_cast<unsigned>(width)};
            SB_TRY(const std::string bytes, fetch(path));
            if (bytes.size() != width * kHashBytes) {
                return Error(Code::invalid_argument, fmt::format("{} has {} bytes; {} are due", to_path(path),
                                                                 bytes.size(), width * kHashBytes));
            }
            std::vector<Hash> parsed;
            for (std::size_t at = 0; at < bytes.size(); at += kHashBytes) {
                SB_TRY(const Hash hash,
                       crypto::digest_from_bytes(as_bytes(std::string_view(bytes).substr(at, kHashBytes))));
                parsed.push_back(hash);
            }
            found = kept->emplace(std::pair(tile_level, number), std::move(parsed)).first;
        }
        const std::size_t begin = first % kTileWidth;
        const std::size_t width = std::size_t{1} << above;
        if (begin + width > found->second.size())
            return Error(Code::invalid_argument, fmt::format("a tree of {} has no such hash", size));
        std::vector<Hash> row(found->second.begin() + static_cast<std::ptrdiff_t>(begin),
                              found->second.begin() + static_cast<std::ptrdiff_t>(begin + width));
        while (row.size() > 1) {
            for (std::size_t i = 0; i + 1 < row.size(); i += 2) row[i / 2] = node_hash(row[i], row[i + 1]);
            row.resize(row.size() / 2);
        }
        return row.front();
    };
}

}  // namespace signalbox::merkle
