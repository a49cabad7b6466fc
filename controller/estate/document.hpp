// SPDX-License-Identifier: Apache-2.0
// A YAML document as a tree with the place of every node. Stricter than YAML 1.2: one document, no anchors,
// aliases or tags, no key twice in a map, only scalars as keys, and caps on depth and size. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controller/estate/problem.hpp"

namespace signalbox::estate {

inline constexpr std::size_t kMaxFileBytes = 256 * 1024;
inline constexpr std::size_t kMaxNodes = 20'000;
inline constexpr std::size_t kMaxDepth = 16;

struct Entry;

struct Node {
    enum class Kind { null, scalar, sequence, map };
    Kind kind = Kind::null;
    Position at;
    std::string scalar;
    std::vector<Node> items;
    std::vector<Entry> entries;  // in the order of the file
};

struct Entry {
    std::string key;
    Position at;
    Node value;
};

[[nodiscard]] std::string_view to_string(Node::Kind kind);  // "nothing" "a value" "a list" "a map"

// Nothing when the text is no such document; the reasons are then in `problems`.
[[nodiscard]] std::optional<Node> parse_document(const std::string& file, std::string_view text,
                                                 Problems& problems);

}  // namespace signalbox::estate
