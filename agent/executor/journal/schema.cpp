// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/journal/schema.hpp"

#include <array>

namespace signalbox::journal {
namespace {

constexpr std::array kMigrations = {
    sqlite::Migration{"first tables", R"sql(
-- One row: what `init` pinned; agent_id and trust come with enrolment.
CREATE TABLE identity(
  one INTEGER PRIMARY KEY CHECK(one = 1),
  cluster_id TEXT NOT NULL, environment TEXT NOT NULL, host TEXT NOT NULL, trust_sha256 TEXT NOT NULL,
  agent_id TEXT, trust TEXT
) STRICT;
-- One row: where the record chain and the clock stand, and the ledger checkpoint that we hold the ledger to.
CREATE TABLE progress(
  one INTEGER PRIMARY KEY CHECK(one = 1),
  time_floor INTEGER NOT NULL DEFAULT 0,
  next_seq INTEGER NOT NULL DEFAULT 1, prev BLOB NOT NULL,
  pin_size INTEGER, pin_root BLOB
) STRICT;
CREATE TABLE token_used(jti TEXT PRIMARY KEY, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX token_used_by_expiry ON token_used(expires);
CREATE TABLE step(
  approval TEXT NOT NULL, step_id TEXT NOT NULL, service TEXT NOT NULL,
  attempts INTEGER NOT NULL, state TEXT NOT NULL CHECK(state IN ('running','succeeded','failed')),
  jti TEXT NOT NULL, token_sha256 TEXT NOT NULL, action_sha256 TEXT NOT NULL,
  outcome TEXT, -- canonical JSON of the last finished attempt
  before_known INTEGER NOT NULL DEFAULT 0, before_target TEXT, after_target TEXT,
  PRIMARY KEY(approval, step_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX step_running ON step(state) WHERE state = 'running';
CREATE TABLE release_floor(service TEXT PRIMARY KEY, counter INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE outbox(seq INTEGER PRIMARY KEY, envelope TEXT NOT NULL, out BLOB, err BLOB) STRICT;
)sql"},
    sqlite::Migration{"withdrawals and standing approvals", R"sql(
-- Approvals, and standing approvals, that an approver took back.
CREATE TABLE withdrawn(approval TEXT PRIMARY KEY, envelope TEXT NOT NULL) STRICT, WITHOUT ROWID;
-- One row: a release, by its own approval document, that ran something here under a standing approval.
CREATE TABLE standing_use(
  standing TEXT NOT NULL, approval TEXT NOT NULL, patch INTEGER NOT NULL,
  PRIMARY KEY(standing, approval)
) STRICT, WITHOUT ROWID;
)sql"},
    sqlite::Migration{"whether the log must be there", R"sql(
ALTER TABLE progress ADD COLUMN in_use INTEGER NOT NULL DEFAULT 0;
)sql"},
    sqlite::Migration{"rotation of the record key", R"sql(
-- The key that signs now, as its file must hold it; NULL: none was ever replaced.
ALTER TABLE identity ADD COLUMN record_key TEXT;
-- Keys that were replaced: each signed every record up to `seq`, the one that names the key after it.
CREATE TABLE former_key(seq INTEGER PRIMARY KEY, public TEXT NOT NULL, envelope TEXT NOT NULL) STRICT;
)sql"},
};

}  // namespace

const sqlite::Schema& journal_schema() {
    static const sqlite::Schema schema{0x53425845 /* "SBXE" */, "signalbox executor journal", kMigrations};
    return schema;
}

}  // namespace signalbox::journal
