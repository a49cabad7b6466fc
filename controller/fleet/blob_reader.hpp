// SPDX-License-Identifier: Apache-2.0
// BlobReader: the bytes of artifacts, by digest, for hosts to fetch. Called from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "common/base/result.hpp"
#include "common/crypto/digest.hpp"

namespace signalbox::fleet {

// An open artifact; one thread at a time.
class Blob {
  public:
    virtual ~Blob() = default;
    [[nodiscard]] virtual std::uint64_t size() const = 0;
    // Fills `out` from `offset` on; fewer bytes only at the end. Errors: unavailable, data_loss.
    [[nodiscard]] virtual Result<std::size_t> read(std::uint64_t offset, std::span<char> out) = 0;
};

class BlobReader {
  public:
    virtual ~BlobReader() = default;
    // Only what is complete and verified. Errors: not_found, unavailable.
    [[nodiscard]] virtual Result<std::unique_ptr<Blob>> open(const crypto::Digest& sha256) = 0;
};

}  // namespace signalbox::fleet
