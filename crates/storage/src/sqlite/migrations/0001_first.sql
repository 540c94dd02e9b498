-- Times are milliseconds since 1970, amounts are minor units, JSON is text.

CREATE TABLE servers (
  id                    TEXT PRIMARY KEY,
  name                  TEXT NOT NULL,
  address               TEXT NOT NULL,
  secret_hash           BLOB NOT NULL,
  created_at            INTEGER NOT NULL,
  removing_at           INTEGER,
  removed_at            INTEGER,
  next_sequence         INTEGER NOT NULL DEFAULT 1,
  journal_id            TEXT,
  hostname              TEXT,
  agent_version         TEXT,
  game_state            TEXT,
  players               INTEGER,
  last_seen_at          INTEGER,
  last_poll_at          INTEGER,
  poll_interval_seconds INTEGER
) STRICT;

CREATE TABLE keys (
  name       TEXT PRIMARY KEY,
  hash       BLOB NOT NULL UNIQUE,
  role       TEXT NOT NULL CHECK (role IN ('admin', 'store')),
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE packages (
  id         TEXT PRIMARY KEY,
  body       TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  removed_at INTEGER
) STRICT;

CREATE TABLE orders (
  seq             INTEGER PRIMARY KEY AUTOINCREMENT,
  id              TEXT NOT NULL UNIQUE,
  body            TEXT NOT NULL,
  customer_id     TEXT NOT NULL,
  status          TEXT NOT NULL,
  refunded_amount INTEGER NOT NULL DEFAULT 0,
  created_at      INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX orders_by_status ON orders (status, seq);

CREATE TABLE order_items (
  order_id   TEXT NOT NULL REFERENCES orders (id),
  position   INTEGER NOT NULL,
  package_id TEXT NOT NULL REFERENCES packages (id),
  quantity   INTEGER NOT NULL,
  PRIMARY KEY (order_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX order_items_by_package ON order_items (package_id);

CREATE TABLE commands (
  seq                 INTEGER PRIMARY KEY AUTOINCREMENT,
  id                  TEXT NOT NULL UNIQUE,
  server_id           TEXT NOT NULL REFERENCES servers (id),
  order_id            TEXT REFERENCES orders (id),
  kind                TEXT NOT NULL,
  player_name         TEXT,
  player_uuid         TEXT,
  command             TEXT NOT NULL,
  fill                TEXT NOT NULL,
  require_online      INTEGER NOT NULL,
  delay_seconds       INTEGER NOT NULL,
  required_slots      INTEGER NOT NULL,
  expires_at          INTEGER,
  sequence            INTEGER NOT NULL,
  status              TEXT NOT NULL,
  status_reason       TEXT,                      -- what belongs to the status, for the rules
  attempt             INTEGER NOT NULL,
  retries_used        INTEGER NOT NULL,
  cancel_wanted       INTEGER NOT NULL,
  offered             TEXT NOT NULL,             -- never, journal or others
  offered_journal     TEXT,
  reported_by         TEXT,
  next_attempt_at     INTEGER,
  reason              TEXT,                      -- what is shown: of the last attempt
  output              TEXT,
  cancel_requested_at INTEGER,
  offered_at          INTEGER,
  created_at          INTEGER NOT NULL,
  updated_at          INTEGER NOT NULL,
  UNIQUE (server_id, sequence)
) STRICT;
CREATE INDEX commands_by_server_status ON commands (server_id, status, sequence);
CREATE INDEX commands_by_server ON commands (server_id, seq);
CREATE INDEX commands_by_report ON commands (server_id, reported_by, status)
  WHERE status IN ('delivered', 'awaiting_player');
CREATE INDEX commands_to_revoke ON commands (server_id, sequence) WHERE cancel_wanted;
CREATE INDEX commands_by_status ON commands (status, seq);
CREATE INDEX commands_by_order ON commands (order_id, seq) WHERE order_id IS NOT NULL;
CREATE INDEX commands_by_player ON commands (player_name COLLATE NOCASE, seq) WHERE player_name IS NOT NULL;
CREATE INDEX commands_to_retry ON commands (server_id, next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX commands_to_expire ON commands (expires_at)
  WHERE expires_at IS NOT NULL AND status = 'pending' AND offered = 'never';

CREATE TABLE command_history (
  command_id TEXT NOT NULL REFERENCES commands (id),
  at         INTEGER NOT NULL,
  status     TEXT NOT NULL,
  attempt    INTEGER NOT NULL,
  reason     TEXT,
  output     TEXT
) STRICT;
CREATE INDEX command_history_by_command ON command_history (command_id);

-- Append-only.
CREATE TABLE events (
  seq     INTEGER PRIMARY KEY AUTOINCREMENT,
  at      INTEGER NOT NULL,
  kind    TEXT NOT NULL,
  subject TEXT NOT NULL,
  data    TEXT NOT NULL,
  actor   TEXT NOT NULL
) STRICT;

CREATE TABLE idempotency (
  key_name TEXT NOT NULL,
  word     TEXT NOT NULL,
  request  BLOB NOT NULL,
  subject  TEXT NOT NULL,
  at       INTEGER NOT NULL,
  PRIMARY KEY (key_name, word)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_age ON idempotency (at);
