// SPDX-License-Identifier: Apache-2.0
#include "agent/link/backoff.hpp"

namespace signalbox::link {
namespace {

// Evenly from 0 to `most`.
Duration up_to(Duration most, crypto::Random& random) {
    const Bytes bytes = random.bytes(8);
    std::uint64_t number = 0;
    for (const std::uint8_t byte : bytes) number = number << 8 | byte;
    constexpr double kAll = 18446744073709551616.0;
    return Duration(
        static_cast<std::int64_t>(static_cast<double>(number) / kAll * static_cast<double>(most.count())));
}

}  // namespace

Duration Backoff::next() {
    const Duration wait = up_to(ceiling_, random_);
    ceiling_ = std::min(ceiling_ * 2, limits_.longest);
    return wait;
}

Duration jittered(Duration span, crypto::Random& random) {
    return span - span / 10 + up_to(span / 5, random);
}

}  // namespace signalbox::link
