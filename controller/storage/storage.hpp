// SPDX-License-Identifier: Apache-2.0
// The controller's whole store: one SQLite file behind all of its store ports. Opened once, used on the
// domain strand only.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "controller/storage/access_store.hpp"
#include "controller/storage/artifact_index.hpp"
#include "controller/storage/fleet_store.hpp"
#include "controller/storage/ledger_store.hpp"
#include "controller/storage/release_store.hpp"
#include "controller/storage/secret_store.hpp"
#include "controller/storage/source_store.hpp"

namespace signalbox::storage {

class Storage {
  public:
    // Opens (makes, when it is new), checks the whole file, and brings its schema up to date.
    // Errors: as sqlite::Database::open and sqlite::migrate.
    [[nodiscard]] static Result<std::unique_ptr<Storage>> open(const std::string& path);

    // They live as long as the storage.
    [[nodiscard]] LedgerStore& ledger() { return ledger_; }
    [[nodiscard]] ReleaseStore& releases() { return releases_; }
    [[nodiscard]] FleetStore& fleet() { return fleet_; }
    [[nodiscard]] AccessStore& access() { return access_; }
    [[nodiscard]] ArtifactIndex& artifacts() { return artifacts_; }
    [[nodiscard]] SourceStore& source() { return source_; }
    [[nodiscard]] SecretStore& secrets() { return secrets_; }

    // Called after each commit of any of the stores that appended ledger entries: the ledger's appended().
    void on_append(std::function<void()> callback) { session_.on_append(std::move(callback)); }

    // For an orderly stop: moves the write-ahead log into the file.
    [[nodiscard]] Status checkpoint() { return session_.database().checkpoint(); }
    // A whole, consistent copy while in use; `path` must not exist.
    [[nodiscard]] Status backup_to(const std::string& path) { return session_.database().backup_to(path); }

    // For tests that provoke faults.
    [[nodiscard]] sqlite::Database& database() { return session_.database(); }

  private:
    explicit Storage(sqlite::Database database) : session_(std::move(database)) {}

    Session session_;
    LedgerStore ledger_{session_};
    ReleaseStore releases_{session_};
    FleetStore fleet_{session_};
    AccessStore access_{session_};
    ArtifactIndex artifacts_{session_};
    SourceStore source_{session_};
    SecretStore secrets_{session_};
};

}  // namespace signalbox::storage
