// SPDX-License-Identifier: Apache-2.0
// A BlobReader over a directory of files named sha256/<first two digits>/<digest in hex>.
#pragma once

#include <string>

#include "controller/fleet/blob_reader.hpp"

namespace signalbox::fleet {

class BlobDirectory final : public BlobReader {
  public:
    explicit BlobDirectory(std::string path) : path_(std::move(path)) {}
    [[nodiscard]] Result<std::unique_ptr<Blob>> open(const crypto::Digest& sha256) override;

  private:
    std::string path_;
};

}  // namespace signalbox::fleet
