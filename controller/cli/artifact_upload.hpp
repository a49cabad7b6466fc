// SPDX-License-Identifier: Apache-2.0
// Sends a file to the controller in pieces, from where an earlier attempt stopped. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "common/base/result.hpp"
#include "common/crypto/digest.hpp"
#include "controller/cli/api_port.hpp"

namespace signalbox::cli {

struct LocalArtifact {
    std::string path;
    crypto::Digest sha256;
    std::uint64_t size = 0;
    std::string format;
};

using OnProgress = std::function<void(std::uint64_t done)>;

// Reads the whole file once. `format` empty: by its first bytes. Errors: those of reading; invalid_argument
// (empty, or not an archive that we know).
[[nodiscard]] Result<LocalArtifact> inspect_artifact(const std::string& path, const std::string& format,
                                                     const OnProgress& on_progress);

struct Uploaded {
    std::uint64_t resumed_at = 0;
    bool already_there = false;
};
// Tries again when the controller cannot be reached, up to `attempts` times in a row, with a longer pause
// each time. Errors: data_loss (the file changed meanwhile), and the controller's.
[[nodiscard]] Result<Uploaded> upload_artifact(ApiPort& api, const LocalArtifact& artifact,
                                               const OnProgress& on_progress,
                                               const std::function<void(Duration)>& pause, int attempts = 5);

}  // namespace signalbox::cli
