// SPDX-License-Identifier: Apache-2.0
// Random bytes that are the same in every run: SHA-256 of (seed, counter). Thread-safe. For tests only.
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <string>

#include "common/crypto/digest.hpp"
#include "common/crypto/random.hpp"

namespace signalbox::fakes {

class FixedRandom final : public crypto::Random {
  public:
    explicit FixedRandom(std::uint64_t seed = 1) : seed_(seed) {}

    void fill(std::span<std::uint8_t> out) override {
        const std::lock_guard lock(mutex_);
        std::size_t used = block_.bytes.size();
        for (std::uint8_t& byte : out) {
            if (used == block_.bytes.size()) {
                block_ = crypto::sha256(std::to_string(seed_) + "/" + std::to_string(counter_++));
                used = 0;
            }
            byte = block_.bytes[used++];
        }
    }

  private:
    std::mutex mutex_;
    std::uint64_t seed_;
    std::uint64_t counter_ = 0;
    crypto::Digest block_;
};

}  // namespace signalbox::fakes
