// SPDX-License-Identifier: Apache-2.0
#include "common/merkle/tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <iterator>

namespace signalbox::merkle {
namespace {

constexpr std::uint64_t kMaxSize = std::uint64_t{1} << 62;

// The tree over the leaves [begin, end), where begin is a multiple of the largest complete subtree in it: cut
// into complete subtrees from the left, then joined from the right.
Result<Hash> range_hash(std::uint64_t begin, std::uint64_t end, const NodeReader& read) {
    std::vector<Hash> parts;
    while (begin < end) {
        const int aligned = begin == 0 ? 63 : std::countr_zero(begin);
        const int fits = static_cast<int>(std::bit_width(end - begin)) - 1;
        const auto level = static_cast<unsigned>(std::min(aligned, fits));
        SB_TRY(const Hash part, read(level, begin >> level));
        parts.push_back(part);
        begin += std::uint64_t{1} << level;
    }
    Hash hash = parts.back();
    for (auto left = std::next(parts.rbegin()); left != parts.rend(); ++left) hash = node_hash(*left, hash);
    return hash;
}

// The largest power of two smaller than `count` (count >= 2): where RFC 6962 splits.
std::uint64_t split_of(std::uint64_t count) {
    return std::bit_floor(count - 1);
}

Status check_size(std::uint64_t size) {
    if (size > kMaxSize) {
        return Error{Code::invalid_argument, fmt::format("a tree of {} leaves is too large", size)};
    }
    return {};
}

}  // namespace

Hash leaf_hash(std::string_view leaf) {
    crypto::Sha256 hash;
    hash.update(Bytes{0x00});
    hash.update(as_bytes(leaf));
    return hash.finish();
}

Hash node_hash(const Hash& left, const Hash& right) {
    std::array<std::uint8_t, 65> input{0x01};
    std::copy(left.bytes.begin(), left.bytes.end(), input.begin() + 1);
    std::copy(right.bytes.begin(), right.bytes.end(), input.begin() + 33);
    return crypto::sha256(ByteView(input));
}

Hash empty_root() {
    return crypto::sha256("");
}

Result<std::vector<NewNode>> append(std::uint64_t size, const Hash& leaf, const NodeReader& read) {
    SB_CHECK(check_size(size));
    std::vector<NewNode> made{{0, size, leaf}};
    for (std::uint64_t index = size; (index & 1) != 0; index >>= 1) {
        const NewNode last = made.back();
        SB_TRY(const Hash left, read(last.level, index - 1));
        made.push_back({last.level + 1, index >> 1, node_hash(left, last.hash)});
    }
    return made;
}

Result<Hash> root(std::uint64_t size, const NodeReader& read) {
    SB_CHECK(check_size(size));
    if (size == 0) return empty_root();
    return range_hash(0, size, read);
}

Result<Proof> inclusion_proof(std::uint64_t index, std::uint64_t size, const NodeReader& read) {
    SB_CHECK(check_size(size));
    if (index >= size) {
        return Error{Code::invalid_argument, fmt::format("entry {} is not in a tree of {}", index, size)};
    }
    Proof proof;
    std::uint64_t begin = 0, end = size;
    while (end - begin > 1) {
        const std::uint64_t middle = begin + split_of(end - begin);
        const bool left = index < middle;
        SB_TRY(const Hash sibling, left ? range_hash(middle, end, read) : range_hash(begin, middle, read));
        proof.push_back(sibling);
        (left ? end : begin) = middle;
    }
    std::reverse(proof.begin(), proof.end());
    return proof;
}

Result<Proof> consistency_proof(std::uint64_t from, std::uint64_t to, const NodeReader& read) {
    SB_CHECK(check_size(to));
    if (from > to) {
        return Error{Code::invalid_argument, fmt::format("a tree of {} never was one of {}", to, from)};
    }
    Proof proof;
    if (from == 0 || from == to) return proof;
    std::uint64_t begin = 0, end = to;
    bool old_root_known = true;  // the subtree in hand is the whole old tree, whose root the verifier has
    while (from != end) {
        const std::uint64_t middle = begin + split_of(end - begin);
        const bool left = from <= middle;
        SB_TRY(const Hash sibling, left ? range_hash(middle, end, read) : range_hash(begin, middle, read));
        proof.push_back(sibling);
        (left ? end : begin) = middle;
        old_root_known = old_root_known && left;
    }
    if (!old_root_known) {
        SB_TRY(const Hash rest, range_hash(begin, end, read));
        proof.push_back(rest);
    }
    std::reverse(proof.begin(), proof.end());
    return proof;
}

void MemoryTree::append(const Hash& leaf) {
    Hash hash = leaf;
    for (std::size_t level = 0;; ++level) {
        if (levels_.size() == level) levels_.emplace_back();
        std::vector<Hash>& nodes = levels_[level];
        nodes.push_back(hash);
        if (nodes.size() % 2 != 0) return;
        hash = node_hash(nodes[nodes.size() - 2], hash);
    }
}

std::uint64_t MemoryTree::size() const {
    return levels_.empty() ? 0 : levels_.front().size();
}

Hash MemoryTree::root() const {
    return merkle::root(size(), reader()).value();  // every node that root() asks for is here
}

NodeReader MemoryTree::reader() const {
    return [this](unsigned level, std::uint64_t index) -> Result<Hash> {
        if (level >= levels_.size() || index >= levels_[level].size()) {
            return Error{Code::not_found, fmt::format("no tree node at level {}, index {}", level, index)};
        }
        return levels_[level][index];
    };
}

}  // namespace signalbox::merkle
