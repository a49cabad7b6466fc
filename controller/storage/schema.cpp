// SPDX-License-Identifier: Apache-2.0
#include "controller/storage/schema.hpp"

#include <array>

namespace signalbox::storage {
namespace {

constexpr std::int32_t kApplicationId = 0x53424331;  // "SBC1"

constexpr std::string_view kLedger = R"sql(
CREATE TABLE entries(
  idx INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  leaf TEXT NOT NULL,
  envelope TEXT NOT NULL,
  payload_sha256 BLOB NOT NULL,
  agent TEXT,
  seq INTEGER,
  out_sha256 BLOB,
  err_sha256 BLOB,
  CHECK ((agent IS NULL) = (seq IS NULL))
) STRICT;
CREATE UNIQUE INDEX entries_by_agent ON entries(agent, seq) WHERE agent IS NOT NULL;
CREATE INDEX entries_by_kind ON entries(kind, idx);

CREATE TABLE nodes(
  level INTEGER NOT NULL,
  idx INTEGER NOT NULL,
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  PRIMARY KEY (level, idx)
) STRICT, WITHOUT ROWID;

CREATE TABLE checkpoints(
  size INTEGER PRIMARY KEY,
  root BLOB NOT NULL CHECK (length(root) = 32),
  note TEXT NOT NULL
) STRICT;

CREATE TABLE outputs(
  sha256 BLOB PRIMARY KEY CHECK (length(sha256) = 32),
  content BLOB NOT NULL
) STRICT;

CREATE TRIGGER entries_stay BEFORE UPDATE ON entries
  BEGIN SELECT RAISE(ABORT, 'a ledger entry is never changed'); END;
CREATE TRIGGER entries_remain BEFORE DELETE ON entries
  BEGIN SELECT RAISE(ABORT, 'a ledger entry is never removed'); END;
CREATE TRIGGER nodes_stay BEFORE UPDATE ON nodes
  BEGIN SELECT RAISE(ABORT, 'a ledger hash is never changed'); END;
CREATE TRIGGER nodes_remain BEFORE DELETE ON nodes
  BEGIN SELECT RAISE(ABORT, 'a ledger hash is never removed'); END;
CREATE TRIGGER checkpoints_stay BEFORE UPDATE ON checkpoints
  BEGIN SELECT RAISE(ABORT, 'a checkpoint is never changed'); END;
CREATE TRIGGER checkpoints_remain BEFORE DELETE ON checkpoints
  BEGIN SELECT RAISE(ABORT, 'a checkpoint is never removed'); END;
)sql";

constexpr std::string_view kReleases = R"sql(
CREATE TABLE releases(
  id TEXT PRIMARY KEY,
  counter INTEGER NOT NULL UNIQUE,
  name TEXT NOT NULL,
  version TEXT NOT NULL,
  services TEXT NOT NULL,
  plan TEXT NOT NULL,
  spec TEXT NOT NULL,
  created INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT '',
  status TEXT NOT NULL DEFAULT '',
  finished INTEGER NOT NULL DEFAULT 0,
  revision INTEGER NOT NULL DEFAULT 0,
  finished_at INTEGER
) STRICT;
CREATE INDEX releases_unfinished ON releases(counter) WHERE finished = 0;

CREATE TABLE release_steps(
  release_id TEXT NOT NULL REFERENCES releases(id),
  step_id TEXT NOT NULL,
  state TEXT NOT NULL,
  PRIMARY KEY (release_id, step_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE breakers(
  environment TEXT PRIMARY KEY,
  state TEXT NOT NULL
) STRICT;

CREATE TABLE lease(
  one INTEGER PRIMARY KEY CHECK (one = 1),
  epoch INTEGER NOT NULL
) STRICT;
INSERT INTO lease(one, epoch) VALUES (1, 0);

CREATE TABLE approvals(
  release_id TEXT NOT NULL REFERENCES releases(id),
  environment TEXT NOT NULL,
  position INTEGER NOT NULL,
  payload TEXT NOT NULL,
  envelope TEXT NOT NULL,
  PRIMARY KEY (release_id, environment)
) STRICT;

CREATE TABLE tokens(
  release_id TEXT NOT NULL,
  step_id TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  jti TEXT NOT NULL,
  token TEXT NOT NULL,
  nonce TEXT NOT NULL,
  expires INTEGER NOT NULL,
  PRIMARY KEY (release_id, step_id, attempt)
) STRICT;

CREATE TABLE outbox(
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL UNIQUE,
  body TEXT NOT NULL
) STRICT;

CREATE TABLE host_placements(
  agent_id TEXT NOT NULL,
  service TEXT NOT NULL,
  version TEXT NOT NULL,
  artifact_sha256 TEXT NOT NULL,
  release_id TEXT NOT NULL,
  PRIMARY KEY (agent_id, service)
) STRICT;

CREATE TABLE live_colours(
  environment TEXT NOT NULL,
  service TEXT NOT NULL,
  host_group TEXT NOT NULL,
  colour TEXT NOT NULL,
  PRIMARY KEY (environment, service, host_group)
) STRICT;
)sql";

constexpr std::string_view kFleet = R"sql(
CREATE TABLE join_tokens(
  id TEXT PRIMARY KEY,
  secret_sha256 BLOB NOT NULL CHECK (length(secret_sha256) = 32),
  environment TEXT NOT NULL,
  host TEXT NOT NULL,
  site TEXT NOT NULL,
  labels TEXT NOT NULL,
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  trust_version INTEGER NOT NULL,
  used INTEGER
) STRICT;

CREATE TABLE agents(
  id TEXT PRIMARY KEY,
  host TEXT NOT NULL,
  environment TEXT NOT NULL,
  site TEXT NOT NULL,
  labels TEXT NOT NULL,
  state TEXT NOT NULL,
  state_reason TEXT NOT NULL,
  record_key TEXT NOT NULL,
  enrolled INTEGER NOT NULL
) STRICT;

CREATE TABLE certificates(
  serial TEXT PRIMARY KEY,
  agent_id TEXT NOT NULL,
  not_before INTEGER NOT NULL,
  not_after INTEGER NOT NULL
) STRICT;
CREATE INDEX certificates_by_agent ON certificates(agent_id);
)sql";

constexpr std::string_view kAccess = R"sql(
CREATE TABLE api_keys(
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  roles TEXT NOT NULL,
  secret_sha256 BLOB NOT NULL CHECK (length(secret_sha256) = 32),
  created INTEGER NOT NULL,
  revoked INTEGER,
  approver_kid TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX api_keys_in_use ON api_keys(name) WHERE revoked IS NULL;

CREATE TABLE artifacts(
  sha256 BLOB PRIMARY KEY CHECK (length(sha256) = 32),
  size INTEGER NOT NULL,
  format TEXT NOT NULL,
  added INTEGER NOT NULL,
  source TEXT NOT NULL
) STRICT;
CREATE INDEX artifacts_by_source ON artifacts(source);
CREATE INDEX artifacts_by_age ON artifacts(added);

CREATE TABLE settings(
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;
)sql";

constexpr std::string_view kSecrets = R"sql(
CREATE TABLE secrets(
  environment TEXT NOT NULL,
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  commitment BLOB NOT NULL CHECK (length(commitment) = 32),
  created INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  removed INTEGER,
  sealed BLOB NOT NULL,
  PRIMARY KEY (environment, name, version)
) STRICT;
)sql";

constexpr std::string_view kApprovals = R"sql(
ALTER TABLE approvals ADD COLUMN standing TEXT NOT NULL DEFAULT '';
ALTER TABLE approvals ADD COLUMN artifact_statement TEXT NOT NULL DEFAULT '';

CREATE TABLE withdrawals(
  approval TEXT PRIMARY KEY,
  environment TEXT NOT NULL,
  envelope TEXT NOT NULL,
  taken INTEGER NOT NULL
) STRICT;
)sql";

constexpr std::string_view kIssuers = R"sql(
ALTER TABLE certificates ADD COLUMN issuer TEXT NOT NULL DEFAULT '';
ALTER TABLE certificates ADD COLUMN presented INTEGER;
)sql";

// former_keys: [{"key":"k4.public.…","last_seq":7}, …], the oldest first.
constexpr std::string_view kRotation = R"sql(
ALTER TABLE agents ADD COLUMN former_keys TEXT NOT NULL DEFAULT '[]';
ALTER TABLE agents ADD COLUMN record_key_since INTEGER;
)sql";

constexpr std::array kMigrations = {
    sqlite::Migration{"ledger", kLedger},
    sqlite::Migration{"releases", kReleases},
    sqlite::Migration{"fleet", kFleet},
    sqlite::Migration{"access, artifacts, settings", kAccess},
    sqlite::Migration{"secrets", kSecrets},
    sqlite::Migration{"standing approvals, withdrawals", kApprovals},
    sqlite::Migration{"who issued certificates", kIssuers},
    sqlite::Migration{"rotation of record keys", kRotation},
};

}  // namespace

sqlite::Schema schema() {
    return {kApplicationId, "Signalbox controller store", kMigrations};
}

}  // namespace signalbox::storage
