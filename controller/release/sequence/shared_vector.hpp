// SPDX-License-Identifier: Apache-2.0
// SharedVector<T>: a vector of fixed size whose copies share what they have not changed. Copying costs one
// pointer for every 128 elements; the first write to a chunk that is shared copies that chunk. So the
// sequencer can give a new state for every event of a release of ten thousand hosts. A value; copies may be
// read by several threads, one object is written by one.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <vector>

namespace signalbox::sequence {

template <class T>
class SharedVector {
    static constexpr std::size_t kChunk = 128;
    using Chunk = std::array<T, kChunk>;

  public:
    SharedVector() = default;
    explicit SharedVector(std::size_t size) : size_(size) {
        const auto plain = std::make_shared<Chunk>();
        chunks_.assign((size + kChunk - 1) / kChunk, plain);
    }

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] const T& operator[](std::size_t i) const { return (*chunks_[i / kChunk])[i % kChunk]; }
    // Valid until the next copy of this vector is made or written.
    [[nodiscard]] T& edit(std::size_t i) {
        std::shared_ptr<Chunk>& chunk = chunks_[i / kChunk];
        if (chunk.use_count() != 1) chunk = std::make_shared<Chunk>(*chunk);
        return (*chunk)[i % kChunk];
    }
    // f(index) for every element that differs from that of `other`, which has the same size.
    template <class F>
    void for_each_difference(const SharedVector& other, F f) const {
        for (std::size_t c = 0; c < chunks_.size(); ++c) {
            if (chunks_[c] == other.chunks_[c]) continue;
            const std::size_t end = std::min(size_, (c + 1) * kChunk);
            for (std::size_t i = c * kChunk; i < end; ++i) {
                if (!((*this)[i] == other[i])) f(i);
            }
        }
    }

    friend bool operator==(const SharedVector& a, const SharedVector& b) {
        if (a.size_ != b.size_) return false;
        for (std::size_t c = 0; c < a.chunks_.size(); ++c) {
            if (a.chunks_[c] != b.chunks_[c] && *a.chunks_[c] != *b.chunks_[c]) return false;
        }
        return true;
    }

  private:
    std::size_t size_ = 0;
    std::vector<std::shared_ptr<Chunk>> chunks_;
};

}  // namespace signalbox::sequence
