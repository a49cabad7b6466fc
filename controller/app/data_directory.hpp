// SPDX-License-Identifier: Apache-2.0
// The controller's data directory (layout: docs/operating.md). Opening it checks that it is ours alone and
// locks it, so that a second controller on the same data is refused.
#pragma once

#include <string>

#include "common/base/result.hpp"
#include "common/model/ids.hpp"
#include "common/os/lock_file.hpp"

namespace signalbox::app {

class DataDirectory {
  public:
    // Errors: not_found (no such directory, or not made by `signalbox init`), permission_denied (others may
    // enter, or we may not), conflict (another controller runs on it), invalid_argument (cluster.json).
    [[nodiscard]] static Result<DataDirectory> open(const std::string& path);

    // The database is there, or was never made: `access/bootstrap.json` is taken away once the first start
    // has stored its key. Without both, a new and empty database would stand in for one that was lost.
    // Errors: data_loss.
    [[nodiscard]] Status check_database() const;

    [[nodiscard]] const ClusterId& cluster() const { return cluster_; }
    [[nodiscard]] std::string keys() const { return path_ + "/keys"; }
    [[nodiscard]] std::string trust() const { return path_ + "/trust"; }
    [[nodiscard]] std::string pki() const { return path_ + "/pki"; }
    [[nodiscard]] std::string bootstrap() const { return path_ + "/access/bootstrap.json"; }
    [[nodiscard]] std::string database() const { return path_ + "/store.sqlite3"; }
    [[nodiscard]] std::string blobs() const { return path_ + "/blobs"; }
    [[nodiscard]] std::string estate() const { return path_ + "/estate"; }
    [[nodiscard]] std::string endpoints() const { return path_ + "/run/endpoints.json"; }
    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    DataDirectory(std::string path, ClusterId cluster, os::LockFile lock)
        : path_(std::move(path)), cluster_(std::move(cluster)), lock_(std::move(lock)) {}

    std::string path_;
    ClusterId cluster_;
    os::LockFile lock_;
};

}  // namespace signalbox::app
