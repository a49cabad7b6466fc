// SPDX-License-Identifier: Apache-2.0
// A command's output: the first 64 KiB are kept, all of it is counted and hashed. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/bytes.hpp"
#include "common/crypto/digest.hpp"

namespace signalbox::execution {

inline constexpr std::size_t kMaxKeptOutput = 64 * 1024;

struct Captured {
    std::string kept;
    crypto::Digest sha256 = crypto::sha256(std::string_view());  // of the whole stream
    std::int64_t length = 0;
};

class Capture {
  public:
    void add(ByteView bytes);
    [[nodiscard]] Captured finish();  // once

  private:
    std::string kept_;
    crypto::Sha256 hash_;
    std::int64_t length_ = 0;
};

}  // namespace signalbox::execution
