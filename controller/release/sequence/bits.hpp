// SPDX-License-Identifier: Apache-2.0
// Bits: a set of small indices. Copying costs one bit a member, walking one test for every 64. A value; no
// thread may write while another reads.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace signalbox::sequence {

class Bits {
  public:
    Bits() = default;
    explicit Bits(std::size_t size) : words_((size + 63) / 64) {}

    [[nodiscard]] bool test(std::size_t i) const { return (words_[i / 64] >> (i % 64) & 1) != 0; }
    void set(std::size_t i, bool value) {
        const std::uint64_t mask = std::uint64_t{1} << (i % 64);
        words_[i / 64] = value ? words_[i / 64] | mask : words_[i / 64] & ~mask;
    }
    // The first member at or after `from`; size() rounded up to 64 when there is none.
    [[nodiscard]] std::size_t next(std::size_t from) const {
        std::size_t word = from / 64;
        if (word >= words_.size()) return end();
        std::uint64_t rest = words_[word] & (~std::uint64_t{0} << (from % 64));
        while (rest == 0) {
            if (++word == words_.size()) return end();
            rest = words_[word];
        }
        return word * 64 + static_cast<std::size_t>(std::countr_zero(rest));
    }
    [[nodiscard]] std::size_t end() const { return words_.size() * 64; }
    [[nodiscard]] bool any() const { return next(0) != end(); }

    // f(index) for every member, rising. f may remove the member that it is given.
    template <class F>
    void for_each(F f) const {
        for (std::size_t i = next(0); i < end(); i = next(i + 1)) f(i);
    }

    friend bool operator==(const Bits&, const Bits&) = default;

  private:
    std::vector<std::uint64_t> words_;
};

}  // namespace signalbox::sequence
