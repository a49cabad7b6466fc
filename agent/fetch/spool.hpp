// SPDX-License-Identifier: Apache-2.0
// Artifacts on this host's disk while steps need them: `<sha256>` when complete and verified, `<sha256>.part`
// while it comes. Least recently used ones make room. One thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/crypto/digest.hpp"
#include "common/os/unique_fd.hpp"

namespace signalbox::fetch {

struct SpoolLimits {
    std::uint64_t max_bytes = std::uint64_t{8} << 30;         // of all complete ones together
    std::uint64_t keep_free_bytes = std::uint64_t{64} << 20;  // on the file system, for everybody else
};

struct Wanted {
    crypto::Digest sha256;
    std::uint64_t size = 0;
};

// Delivers an artifact's bytes from `offset` on, piece by piece and in order, to `sink`; ends at the end or
// at the sink's error, which it returns.
using ByteSink = std::function<Status(std::string_view)>;
using Source = std::function<Status(const Wanted& wanted, std::uint64_t offset, const ByteSink& sink)>;

class Spool {
  public:
    // `directory` exists and is private.
    explicit Spool(std::string directory, SpoolLimits limits = {})
        : directory_(std::move(directory)), limits_(limits) {}

    // The artifact, open for reading, fetched from `source` if it is not here yet; what came of it before is
    // not asked for again. Errors: resource_exhausted (no room; says how much is missing), data_loss (other
    // bytes than were named: they are dropped), and the source's (what came is kept for the next try).
    [[nodiscard]] Result<os::UniqueFd> get(const Wanted& wanted, const Source& source);
    // Forgets one that turned out to be damaged on the disk.
    void drop(const crypto::Digest& sha256);

  private:
    [[nodiscard]] Result<os::UniqueFd> open_complete(const Wanted& wanted);
    [[nodiscard]] Status make_room(const Wanted& wanted, std::uint64_t missing);
    [[nodiscard]] Status fetch(const Wanted& wanted, const Source& source);
    [[nodiscard]] std::string path_of(const crypto::Digest& sha256) const;

    std::string directory_;
    SpoolLimits limits_;
};

}  // namespace signalbox::fetch
