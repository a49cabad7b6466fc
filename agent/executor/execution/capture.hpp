// SPDX-License-Identifier: Apache-2.0
// A command's output, without the secrets that it was given: the first 64 KiB of that are kept, all of it is
// counted and hashed. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/bytes.hpp"
#include "common/crypto/digest.hpp"
#include "common/secret/redactor.hpp"

namespace signalbox::execution {

inline constexpr std::size_t kMaxKeptOutput = 64 * 1024;

struct Captured {
    std::string kept;
    crypto::Digest sha256 = crypto::sha256(std::string_view());  // of the whole stream
    std::int64_t length = 0;
};

class Capture {
  public:
    // What is to be taken out, which must outlive the capture; null: nothing.
    explicit Capture(const secret::Patterns* redact = nullptr);
    Capture(const Capture&) = delete;
    Capture& operator=(const Capture&) = delete;
    void add(ByteView bytes);
    [[nodiscard]] Captured finish();  // once

  private:
    void take(std::string_view text);
    std::optional<secret::Redactor> redactor_;
    std::string kept_;
    crypto::Sha256 hash_;
    std::int64_t length_ = 0;
};

}  // namespace signalbox::execution
