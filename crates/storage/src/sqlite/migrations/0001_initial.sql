-- The companion's schema. Times are milliseconds since 1970, amounts are minor units (cents), truth values are 0 or 1,
-- JSON is text, and texts are compared byte by byte: where case does not matter, both sides are `lower(…)`, and the statement
-- says `IS NOT NULL` where the index does. `seq` columns number rows in the order in which they were added.

-- Facts about the database itself: `store_epoch`, random, new at each restore; `negotiation_key`, which signs the connection
-- tokens of agents; and `unsubscribe_key`, which signs the links in mails. Each key is 32 random bytes as hexadecimal digits.
CREATE TABLE meta (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES ('store_epoch', lower(hex(randomblob(16)))), ('negotiation_key', lower(hex(randomblob(32)))),
  ('unsubscribe_key', lower(hex(randomblob(32)))), ('forgotten_key', lower(hex(randomblob(32))));

CREATE TABLE servers (
  id                    TEXT PRIMARY KEY,
  name                  TEXT NOT NULL,
  address               TEXT NOT NULL,
  secret_hash           BLOB NOT NULL,
  created_at            INTEGER NOT NULL,
  removing_at           INTEGER,
  removed_at            INTEGER
) STRICT;

-- What a server's agent said last. A table of its own: agents write it all the time, and orders read `servers`.
CREATE TABLE server_agents (
  server_id             TEXT PRIMARY KEY REFERENCES servers (id),
  journal_id            TEXT,
  hostname              TEXT,
  agent_version         TEXT,
  game_state            TEXT,
  players               INTEGER,
  last_seen_at          INTEGER,
  last_poll_at          INTEGER,
  poll_interval_seconds INTEGER
) STRICT;

-- The lines that each server's agent refuses, as the agent has sent it.
CREATE TABLE agent_policies (
  server_id      TEXT PRIMARY KEY REFERENCES servers (id),
  is_strict      INTEGER NOT NULL,
  allow          TEXT NOT NULL,                  -- JSON: a list of patterns
  deny           TEXT NOT NULL,                  -- the same
  bedrock_prefix TEXT NOT NULL,
  updated_at     INTEGER NOT NULL
) STRICT;

-- The seat of each server's agent: at most one session has it, in whichever process it is open. The row stays while nobody
-- has the seat, so that the epoch of the next holder is a higher one.
CREATE TABLE seats (
  server_id     TEXT PRIMARY KEY REFERENCES servers (id),
  epoch         INTEGER NOT NULL,
  node_id       TEXT,                            -- the process; null while nobody has the seat, like the columns below
  connection_id TEXT,
  journal_id    TEXT,
  hostname      TEXT,
  since         INTEGER
) STRICT;

-- Who does each job that must not run twice at once. `until` is null where a lease lasts as long as its holder's process:
-- the lock of the file shows that the process has ended.
CREATE TABLE leases (
  name   TEXT PRIMARY KEY,
  holder TEXT NOT NULL,                          -- the process
  epoch  INTEGER NOT NULL,                       -- higher each time that a process takes the lease
  until  INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE api_keys (
  name       TEXT PRIMARY KEY,
  hash       BLOB NOT NULL UNIQUE,
  role       TEXT NOT NULL CHECK (role IN ('admin', 'store')),
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE customers (
  id            TEXT PRIMARY KEY,
  email         TEXT,
  email_key     TEXT,                            -- the address as it is compared
  name          TEXT,
  tier          TEXT,
  registered_at INTEGER,
  mistyped_code INTEGER NOT NULL DEFAULT 0,      -- their registration named a code that nobody has
  player_name   TEXT,
  player_uuid   TEXT,                            -- 32 lower-case digits
  created_at    INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL,
  anonymised_at INTEGER
) STRICT;
CREATE INDEX customers_by_player_name ON customers (lower(player_name)) WHERE player_name IS NOT NULL;
CREATE INDEX customers_by_player_uuid ON customers (player_uuid) WHERE player_uuid IS NOT NULL;
CREATE INDEX customers_by_email ON customers (email_key, registered_at) WHERE email_key IS NOT NULL;
CREATE INDEX customers_by_tier ON customers (tier) WHERE tier IS NOT NULL;

-- The tiers that the store knows, in their order. A customer or a rule may name another one.
CREATE TABLE tiers (
  position INTEGER PRIMARY KEY,
  id       TEXT NOT NULL UNIQUE,
  name     TEXT NOT NULL
) STRICT;

-- A removed package stays for the orders that name it.
CREATE TABLE packages (
  id         TEXT PRIMARY KEY,
  name       TEXT NOT NULL,
  price      INTEGER NOT NULL,
  currency   TEXT NOT NULL,
  commands   TEXT NOT NULL,                      -- JSON: a list of templates
  updated_at INTEGER NOT NULL,
  removed_at INTEGER
) STRICT;

CREATE TABLE orders (
  seq             INTEGER PRIMARY KEY AUTOINCREMENT,
  id              TEXT NOT NULL UNIQUE,
  status          TEXT NOT NULL,
  customer_id     TEXT NOT NULL,
  customer_email  TEXT,
  customer_name   TEXT,
  player_name     TEXT NOT NULL,
  player_uuid     TEXT,
  items           TEXT NOT NULL,                 -- JSON: a list of package ids and quantities
  amount          INTEGER NOT NULL,
  currency        TEXT NOT NULL,
  refunded_amount INTEGER NOT NULL DEFAULT 0,
  left_out        TEXT,                          -- JSON: [package, removed server] without a command, or null
  referral_code   TEXT,
  checkout_session TEXT,
  imported        INTEGER NOT NULL,
  occurred_at     TEXT,                          -- RFC 3339 with every digit sent: a repeated PUT is compared with it
  paid_at         INTEGER,
  completed_at    INTEGER,
  cancelled_at    INTEGER,
  refunded_at     INTEGER,
  charged_back_at INTEGER,
  anonymised_at   INTEGER,
  created_at      INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX orders_by_status ON orders (status, seq);
CREATE INDEX orders_by_customer ON orders (customer_id);
CREATE INDEX orders_revoked ON orders (id)
  WHERE cancelled_at IS NOT NULL OR refunded_at IS NOT NULL OR charged_back_at IS NOT NULL;

-- The packages that orders name which are not paid yet: none of them can be removed. An imported order has no rows here: its
-- packages may not exist.
CREATE TABLE order_items (
  order_id   TEXT NOT NULL REFERENCES orders (id),
  position   INTEGER NOT NULL,
  package_id TEXT NOT NULL REFERENCES packages (id),
  quantity   INTEGER NOT NULL,
  PRIMARY KEY (order_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX order_items_by_package ON order_items (package_id);

-- Packages with refund or chargeback commands as they were when the order was paid: later edits do not apply to it.
CREATE TABLE order_package_snapshots (
  order_id   TEXT NOT NULL REFERENCES orders (id),
  position   INTEGER NOT NULL,
  package_id TEXT NOT NULL,
  name       TEXT NOT NULL,
  price      INTEGER NOT NULL,
  currency   TEXT NOT NULL,
  commands   TEXT NOT NULL,
  PRIMARY KEY (order_id, position)
) STRICT, WITHOUT ROWID;

-- Each refund of an order once.
CREATE TABLE order_refunds (
  order_id  TEXT NOT NULL REFERENCES orders (id),
  dedup_key TEXT NOT NULL,                       -- the refund's id, or its amount where it has none
  amount    INTEGER NOT NULL,
  at        INTEGER NOT NULL,
  PRIMARY KEY (order_id, dedup_key)
) STRICT, WITHOUT ROWID;

-- `seq` is what agents know as a command's sequence: one for all servers, so that no row is written by every order.
CREATE TABLE commands (
  seq                 INTEGER PRIMARY KEY AUTOINCREMENT,
  id                  TEXT NOT NULL UNIQUE,
  server_id           TEXT NOT NULL REFERENCES servers (id),
  any_of              TEXT,                      -- JSON: the servers among which it may move, or null
  moves_to            TEXT REFERENCES servers (id), -- its next server, once the requested cancel is confirmed
  order_id            TEXT REFERENCES orders (id),
  package_id          TEXT,                      -- of an order's command: its package,
  trigger             TEXT,                      -- and what of the order made it
  grant_id            TEXT,                      -- of a reward's command: its grant,
  customer_id         TEXT,                      -- the customer who has it,
  is_reversal         INTEGER NOT NULL,          -- and whether it takes the reward back
  kind                TEXT NOT NULL,
  player_name         TEXT,
  player_uuid         TEXT,
  command             TEXT NOT NULL,             -- the template
  template_values     TEXT NOT NULL,             -- JSON: an object of texts that fill in the template
  require_online      INTEGER NOT NULL,
  delay_seconds       INTEGER NOT NULL,
  required_slots      INTEGER NOT NULL,
  expires_at          INTEGER,
  status              TEXT NOT NULL,
  status_reason       TEXT,                      -- the reason that belongs to the status
  attempt             INTEGER NOT NULL,
  retries_used        INTEGER NOT NULL,
  cancel_requested    INTEGER NOT NULL,
  offered             TEXT NOT NULL,             -- never, journal or others
  offered_journal     TEXT,
  reported_by         TEXT,
  next_attempt_at     INTEGER,
  reason              TEXT,                      -- the reason that people see: of the last attempt
  output              TEXT,
  cancel_requested_at INTEGER,
  offered_at          INTEGER,
  created_at          INTEGER NOT NULL,
  updated_at          INTEGER NOT NULL
) STRICT;
CREATE INDEX commands_by_server_status ON commands (server_id, status, seq);
CREATE INDEX commands_by_server ON commands (server_id, seq);
CREATE INDEX commands_by_report ON commands (server_id, reported_by, status)
  WHERE status IN ('delivered', 'awaiting_player');
CREATE INDEX commands_to_revoke ON commands (server_id, seq) WHERE cancel_requested;
CREATE INDEX commands_by_status ON commands (status, seq);
CREATE INDEX commands_by_order ON commands (order_id, seq) WHERE order_id IS NOT NULL;
CREATE INDEX commands_by_player ON commands (lower(player_name), seq) WHERE player_name IS NOT NULL;
CREATE INDEX commands_to_retry ON commands (server_id, next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX commands_to_expire ON commands (expires_at)
  WHERE expires_at IS NOT NULL AND status = 'pending' AND offered = 'never';
CREATE INDEX commands_of_any ON commands (lower(player_name), seq) WHERE any_of IS NOT NULL;
CREATE INDEX commands_of_grant ON commands (grant_id, seq) WHERE grant_id IS NOT NULL;
CREATE INDEX commands_of_customer ON commands (customer_id) WHERE customer_id IS NOT NULL;
CREATE INDEX commands_not_sent ON commands (customer_id) WHERE customer_id IS NOT NULL AND offered = 'never';

-- The server that each player joined last. A sweep removes old rows and those beyond a number.
CREATE TABLE player_places (
  player    TEXT PRIMARY KEY,                    -- the name in lower case
  server_id TEXT NOT NULL REFERENCES servers (id),
  joined_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX player_places_by_time ON player_places (joined_at);

CREATE TABLE command_history (
  seq        INTEGER PRIMARY KEY,
  command_id TEXT NOT NULL REFERENCES commands (id),
  at         INTEGER NOT NULL,
  status     TEXT NOT NULL,
  attempt    INTEGER NOT NULL,
  reason     TEXT,
  output     TEXT
) STRICT;
CREATE INDEX command_history_by_command ON command_history (command_id);

-- Append-only. The partial indexes find the events that name a customer, and those that are mails. Their conditions use
-- substr: an index whose condition is a list of words makes SQLite build a table of its own for each event.
CREATE TABLE events (
  seq     INTEGER PRIMARY KEY AUTOINCREMENT,
  at      INTEGER NOT NULL,
  kind    TEXT NOT NULL,
  subject TEXT NOT NULL,
  data    TEXT NOT NULL,                         -- JSON
  actor   TEXT NOT NULL
) STRICT;
CREATE INDEX events_of_customers ON events (subject) WHERE kind = 'customer.saved' OR substr(kind, 1, 5) = 'mail.';
CREATE INDEX events_of_invited ON events (lower(data ->> 'to')) WHERE kind = 'mail.invitation';
CREATE INDEX events_about_friends ON events ((data -> 'about' ->> 'friendId')) WHERE substr(kind, 1, 5) = 'mail.';
CREATE INDEX events_with_mails ON events (seq) WHERE substr(kind, 1, 5) = 'mail.';
CREATE INDEX events_with_other_mails ON events (seq) WHERE substr(kind, 1, 5) = 'mail.' AND kind <> 'mail.invitation';
CREATE INDEX events_with_invitations ON events (seq) WHERE kind = 'mail.invitation';

-- What each Idempotency-Key has made.
CREATE TABLE idempotency (
  api_key         TEXT NOT NULL,
  idempotency_key TEXT NOT NULL,
  request_hash    BLOB NOT NULL,
  subject         TEXT NOT NULL,
  at              INTEGER NOT NULL,
  PRIMARY KEY (api_key, idempotency_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_age ON idempotency (at);

-- The last event that is done with: `webhook`, whose receiver has taken it, and `mail` and `invitations`, once mails were
-- set up. A cursor moves forward only.
CREATE TABLE cursors (
  name TEXT PRIMARY KEY,
  seq  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO cursors VALUES ('webhook', 0);

-- What has become of each mail. A mail without a row waits: it was not tried yet.
CREATE TABLE mails (
  seq             INTEGER PRIMARY KEY REFERENCES events (seq),
  status          TEXT NOT NULL,                 -- put_off, sent, given_up or skipped
  tries           INTEGER NOT NULL,
  next_attempt_at INTEGER,                       -- of one that is put off
  reason          TEXT,                          -- of the last failure
  updated_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX mails_by_status ON mails (status, seq);
CREATE INDEX mails_to_retry ON mails (next_attempt_at) WHERE status = 'put_off';

-- Mailboxes that want no more mails: a keyed hash of each, so that no address is kept for it.
CREATE TABLE mail_unsubscribed (
  recipient BLOB PRIMARY KEY,
  at        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row while the file is being served. A row at the start means that the last shutdown was unclean.
CREATE TABLE unclean_shutdown (id INTEGER PRIMARY KEY CHECK (id = 1)) STRICT;

-- Referrals: settings, links, attributions, rewards, ledgers, and the counters that make each read cost the same however
-- many rows there are.

CREATE TABLE referral_program (
  id          INTEGER PRIMARY KEY CHECK (id = 1),
  settings    TEXT NOT NULL,                     -- JSON
  enabled_at  INTEGER,                           -- null while it is off
  configured  INTEGER NOT NULL,
  version     INTEGER NOT NULL,
  share       TEXT NOT NULL,
  mails       TEXT NOT NULL,
  codes_after TEXT                               -- customers after this id may still be without a code
) STRICT;

CREATE TABLE referral_rules (
  id       TEXT PRIMARY KEY,
  name     TEXT NOT NULL,
  name_key TEXT NOT NULL UNIQUE,
  tier     TEXT NOT NULL UNIQUE,                 -- `all` for the global rule
  status   TEXT NOT NULL,
  version  INTEGER NOT NULL,
  settings TEXT NOT NULL                         -- JSON
) STRICT;
INSERT INTO referral_rules VALUES
  ('rule_global', 'All-Tier Referral Rule', 'all-tier referral rule', 'all', 'disabled', 1, '{}');

CREATE TABLE referral_links (
  seq         INTEGER PRIMARY KEY AUTOINCREMENT,
  id          TEXT NOT NULL UNIQUE,
  customer_id TEXT NOT NULL UNIQUE,
  code        TEXT NOT NULL,
  code_key    TEXT NOT NULL UNIQUE,
  clicks      INTEGER NOT NULL DEFAULT 0,
  day         TEXT NOT NULL,
  created_at  INTEGER NOT NULL,
  first_click_at INTEGER,
  click_day   TEXT,                              -- the day of the last click
  day_clicks  INTEGER NOT NULL DEFAULT 0         -- of that day
) STRICT;

-- Counted clicks only. Old ones are deleted, and the oldest beyond a number; the counters keep them.
CREATE TABLE referral_clicks (
  seq     INTEGER PRIMARY KEY AUTOINCREMENT,
  link_id TEXT NOT NULL REFERENCES referral_links (id),
  visitor TEXT,
  at      INTEGER NOT NULL,
  day     TEXT NOT NULL
) STRICT;
CREATE INDEX referral_clicks_by_link ON referral_clicks (link_id);
CREATE INDEX referral_clicks_by_visitor ON referral_clicks (visitor, at) WHERE visitor IS NOT NULL;
CREATE INDEX referral_clicks_by_time ON referral_clicks (at);

-- The invitations of the last day, which their limits count. Older ones are deleted.
CREATE TABLE referral_invitations (
  seq         INTEGER PRIMARY KEY AUTOINCREMENT,
  customer_id TEXT NOT NULL,
  recipient   TEXT NOT NULL,                     -- the address as it is compared
  at          INTEGER NOT NULL
) STRICT;
CREATE INDEX referral_invitations_of_customer ON referral_invitations (customer_id, at);
CREATE INDEX referral_invitations_to_recipient ON referral_invitations (recipient, at);
CREATE INDEX referral_invitations_by_time ON referral_invitations (at);

-- Customers who have changed since a sweep has last given codes: they may have to be given one.
CREATE TABLE referral_code_candidates (
  customer_id TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE referral_attributions (
  seq              INTEGER PRIMARY KEY AUTOINCREMENT,
  id               TEXT NOT NULL UNIQUE,
  code             TEXT NOT NULL,
  referrer_id      TEXT NOT NULL,
  referee_id       TEXT NOT NULL,
  referee_email    TEXT,                         -- as it is compared
  referee_name     TEXT,                         -- the player's name
  referee_uuid     TEXT,
  channel          TEXT NOT NULL,
  clicked_at       INTEGER,
  bound_at         INTEGER NOT NULL,
  registered_at    INTEGER,
  window_ends_at   INTEGER,                      -- of the click or the bind
  valid_by         TEXT,                         -- the rule whose valid days are in expires_at
  expires_at       INTEGER,
  status           TEXT NOT NULL,
  registration_rewarded INTEGER NOT NULL DEFAULT 0, -- 1: a reward was given for the registration
  reason           TEXT,
  order_id         TEXT UNIQUE,                  -- the order that made it qualify; no other may use it
  amount           INTEGER,
  currency         TEXT,
  refunded         INTEGER NOT NULL DEFAULT 0,
  minimum          INTEGER,
  minimum_currency TEXT,
  external_source  TEXT,
  external_ref     TEXT,
  session          TEXT,                         -- the checkout session of the signup
  referee_hash     BLOB,                         -- of the address of a forgotten referee
  day              TEXT NOT NULL,                -- of the bind, in the store's time zone
  week             TEXT NOT NULL
) STRICT;
-- Constraints that hold whoever writes: one open attribution per friend, one row per external reference.
CREATE UNIQUE INDEX referral_attributions_open ON referral_attributions (referee_id) WHERE status = 'pending';
CREATE UNIQUE INDEX referral_attributions_external ON referral_attributions (external_source, external_ref)
  WHERE external_ref IS NOT NULL;
CREATE INDEX referral_attributions_by_referee ON referral_attributions (referee_id, seq);
CREATE INDEX referral_attributions_by_email ON referral_attributions (referee_email, seq) WHERE referee_email IS NOT NULL;
CREATE INDEX referral_attributions_by_uuid ON referral_attributions (referee_uuid, seq) WHERE referee_uuid IS NOT NULL;
CREATE INDEX referral_attributions_by_name ON referral_attributions (lower(referee_name), seq)
  WHERE referee_name IS NOT NULL;
CREATE INDEX referral_attributions_of_forgotten ON referral_attributions (referee_hash) WHERE referee_hash IS NOT NULL;
CREATE INDEX referral_attributions_of_session ON referral_attributions (session) WHERE session IS NOT NULL;
CREATE INDEX referral_attributions_by_referrer ON referral_attributions (referrer_id, seq);
CREATE INDEX referral_attributions_by_pair ON referral_attributions (referrer_id, referee_id);
CREATE INDEX referral_attributions_by_status ON referral_attributions (status, seq);
CREATE INDEX referral_attributions_registered ON referral_attributions (referrer_id, registered_at)
  WHERE registered_at IS NOT NULL;
CREATE INDEX referral_attributions_successful ON referral_attributions (referrer_id, day, bound_at)
  WHERE status IN ('qualified', 'rewarded') OR registration_rewarded;
CREATE INDEX referral_attributions_to_expire ON referral_attributions (expires_at)
  WHERE status = 'pending' AND expires_at IS NOT NULL;

CREATE TABLE referral_grants (
  seq            INTEGER PRIMARY KEY AUTOINCREMENT,
  id             TEXT NOT NULL UNIQUE,
  attribution_id TEXT NOT NULL REFERENCES referral_attributions (id),
  side           TEXT NOT NULL,
  trigger        TEXT NOT NULL,
  customer_id    TEXT NOT NULL,
  terms          TEXT NOT NULL,                  -- JSON
  status         TEXT NOT NULL,
  due_at         INTEGER,
  issued_at      INTEGER,
  expires_at     INTEGER,
  used_order     TEXT,
  skipped        TEXT,
  discount_id    TEXT UNIQUE,
  code           TEXT,
  code_key       TEXT UNIQUE,
  auto_apply     INTEGER NOT NULL DEFAULT 0,
  reversal       TEXT,
  rule_id        TEXT,                           -- JSON: the commands that take it back, once it is taken back
  UNIQUE (attribution_id, side, trigger)
) STRICT;
CREATE INDEX referral_grants_of_customer ON referral_grants (customer_id, seq);
CREATE INDEX referral_grants_that_apply ON referral_grants (customer_id, coalesce(expires_at, 9223372036854775807))
  WHERE auto_apply AND status IN ('issued', 'expired');
CREATE INDEX referral_grants_used ON referral_grants (used_order, customer_id) WHERE used_order IS NOT NULL;
CREATE INDEX referral_grants_waiting ON referral_grants (rule_id, seq) WHERE status = 'scheduled';
CREATE INDEX referral_grants_due ON referral_grants (due_at) WHERE status = 'scheduled' AND due_at IS NOT NULL;
CREATE INDEX referral_grants_to_expire ON referral_grants (expires_at) WHERE status = 'issued' AND expires_at IS NOT NULL;

-- Removed servers that a reward's commands still named when it was given: there is no command for them.
CREATE TABLE referral_left_out (
  grant_id  TEXT NOT NULL REFERENCES referral_grants (id),
  server_id TEXT NOT NULL,
  PRIMARY KEY (grant_id, server_id)
) STRICT, WITHOUT ROWID;

-- A reward's commands that are held until its customer has a player.
CREATE TABLE referral_held_commands (
  grant_id        TEXT NOT NULL REFERENCES referral_grants (id),
  position        INTEGER NOT NULL,
  server_id       TEXT NOT NULL REFERENCES servers (id),
  customer_id     TEXT NOT NULL,
  command         TEXT NOT NULL,
  template_values TEXT NOT NULL,                 -- JSON
  require_online  INTEGER NOT NULL,
  cancelled       INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (grant_id, position, server_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX referral_held_commands_of_server ON referral_held_commands (server_id) WHERE NOT cancelled;
CREATE INDEX referral_held_commands_of_customer ON referral_held_commands (customer_id);

CREATE TABLE referral_ledger (
  seq         INTEGER PRIMARY KEY AUTOINCREMENT,
  customer_id TEXT NOT NULL,
  unit        TEXT NOT NULL,                     -- `points` or a currency
  delta       INTEGER NOT NULL,
  cause       TEXT NOT NULL,
  ref         TEXT NOT NULL,
  reason      TEXT,
  at          INTEGER NOT NULL,
  UNIQUE (cause, ref)
) STRICT;
CREATE INDEX referral_ledger_points ON referral_ledger (customer_id, seq) WHERE unit = 'points';
CREATE INDEX referral_ledger_credit ON referral_ledger (customer_id, seq) WHERE unit <> 'points';
CREATE TABLE referral_balances (
  customer_id TEXT NOT NULL,
  unit        TEXT NOT NULL,
  balance     INTEGER NOT NULL,
  PRIMARY KEY (customer_id, unit)
) STRICT, WITHOUT ROWID;

-- Orders as the referral rules know them, including those that only a checkout or a refund has named.
CREATE TABLE referral_orders (
  id             TEXT PRIMARY KEY,
  customer_id    TEXT,
  email          TEXT,                           -- as it is compared
  player_name    TEXT,
  player_uuid    TEXT,
  paid_at        INTEGER,
  amount         INTEGER,
  currency       TEXT,
  completed_at   INTEGER,
  reversal       TEXT,                           -- cancelled, refunded or chargeback
  reversed_at    INTEGER,
  refunded       INTEGER NOT NULL DEFAULT 0,
  imported       INTEGER NOT NULL DEFAULT 0,
  is_purchase    INTEGER NOT NULL DEFAULT 0,
  code           TEXT,
  session        TEXT,                          -- of the payment provider
  attribution_id TEXT,
  reason         TEXT
) STRICT;
CREATE INDEX referral_orders_of_customer ON referral_orders (customer_id) WHERE customer_id IS NOT NULL;
CREATE INDEX referral_orders_bought ON referral_orders (customer_id) WHERE is_purchase;
CREATE INDEX referral_orders_bought_email ON referral_orders (email) WHERE is_purchase AND email IS NOT NULL;
CREATE INDEX referral_orders_bought_uuid ON referral_orders (player_uuid) WHERE is_purchase AND player_uuid IS NOT NULL;
CREATE INDEX referral_orders_bought_name ON referral_orders (lower(player_name))
  WHERE is_purchase AND player_name IS NOT NULL;
CREATE INDEX referral_orders_of_strangers ON referral_orders (email) WHERE customer_id IS NULL AND email IS NOT NULL;
CREATE INDEX referral_orders_of_session ON referral_orders (session) WHERE session IS NOT NULL;
CREATE INDEX referral_orders_completed ON referral_orders (id) WHERE completed_at IS NOT NULL;
CREATE INDEX referral_orders_by_code ON referral_orders (lower(code)) WHERE code IS NOT NULL;
CREATE TABLE referral_refunds (
  order_id  TEXT NOT NULL REFERENCES referral_orders (id),
  dedup_key TEXT NOT NULL,
  amount    INTEGER NOT NULL,
  PRIMARY KEY (order_id, dedup_key)
) STRICT, WITHOUT ROWID;

-- What decides for a referrer, written with what it counts.
CREATE TABLE referral_referrers (
  customer_id TEXT PRIMARY KEY,
  live_grants INTEGER NOT NULL,                  -- grants as a referrer that count against the cap
  successful  INTEGER NOT NULL                   -- qualified and rewarded attributions
) STRICT, WITHOUT ROWID;

-- Counters that only inform: per day in the store's time zone, and each referrer's successes per period. Writers add deltas,
-- and a sweep folds them into the totals: so no two writers wait for one row.
CREATE TABLE referral_deltas (
  seq         INTEGER PRIMARY KEY AUTOINCREMENT,
  counter     TEXT NOT NULL,                     -- link, click, a status, `revenue ` and a currency, successful or registered
  day         TEXT NOT NULL,
  amount      INTEGER NOT NULL,
  customer_id TEXT,                              -- of the last two: the referrer,
  week        TEXT,                              -- and week and time
  bound_at    INTEGER                            -- of the bind
) STRICT;
CREATE TABLE referral_daily_counters (
  counter TEXT NOT NULL,
  day     TEXT NOT NULL,
  total   INTEGER NOT NULL,
  PRIMARY KEY (counter, day)
) STRICT, WITHOUT ROWID;
CREATE TABLE referral_leaderboard (
  period      TEXT NOT NULL,                     -- all, 2026, 2026-11, 2026-W48, 2026-11-25
  customer_id TEXT NOT NULL,
  successful  INTEGER NOT NULL,
  registered  INTEGER NOT NULL,                  -- registrations that were rewarded
  last_at     INTEGER NOT NULL,                  -- the newest bind among them
  PRIMARY KEY (period, customer_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX referral_leaderboard_ranking ON referral_leaderboard
  (period, successful DESC, registered DESC, last_at DESC, customer_id);
