-- The referral rules: settings, links, attributions, rewards, ledgers, and the counters that keep every read's work the
-- same however many there are. At the end: mails, and whether the file was closed in order.

-- Who has the same address is the same person.
ALTER TABLE customers ADD COLUMN email_key TEXT;  -- normalised
UPDATE customers SET email_key = email_key_of(email) WHERE email IS NOT NULL;
CREATE INDEX customers_by_email ON customers (email_key, registered_at) WHERE email_key IS NOT NULL;
CREATE INDEX customers_by_tier ON customers (tier) WHERE tier IS NOT NULL;

CREATE TABLE referral_program (
  id          INTEGER PRIMARY KEY CHECK (id = 1),
  body        TEXT NOT NULL,
  on_since    INTEGER,                           -- null while it is off
  configured  INTEGER NOT NULL,
  version     INTEGER NOT NULL,
  share       TEXT NOT NULL,
  mails       TEXT NOT NULL,
  codes_after TEXT                               -- customers after this id who have no code are still to be given one
) STRICT;

CREATE TABLE referral_rules (
  id       TEXT PRIMARY KEY,
  name     TEXT NOT NULL,
  name_key TEXT NOT NULL UNIQUE,
  tier     TEXT NOT NULL UNIQUE,                 -- all: the global one
  status   TEXT NOT NULL,
  version  INTEGER NOT NULL,
  body     TEXT NOT NULL
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
  last_click_at INTEGER
) STRICT;

-- Counted clicks alone; older ones live on in the counters.
CREATE TABLE referral_clicks (
  seq     INTEGER PRIMARY KEY AUTOINCREMENT,
  link_id TEXT NOT NULL REFERENCES referral_links (id),
  visitor TEXT,
  at      INTEGER NOT NULL,
  day     TEXT NOT NULL
) STRICT;
CREATE INDEX referral_clicks_by_link ON referral_clicks (link_id, at);
CREATE INDEX referral_clicks_by_visitor ON referral_clicks (link_id, visitor, at) WHERE visitor IS NOT NULL;
CREATE INDEX referral_clicks_by_time ON referral_clicks (at);

CREATE TABLE referral_attributions (
  seq              INTEGER PRIMARY KEY AUTOINCREMENT,
  id               TEXT NOT NULL UNIQUE,
  code             TEXT NOT NULL,
  referrer_id      TEXT NOT NULL,
  referee_id       TEXT NOT NULL,
  referee_email    TEXT,                         -- normalised
  referee_name     TEXT,                         -- the player's
  referee_uuid     TEXT,
  door             TEXT NOT NULL,
  clicked_at       INTEGER,
  bound_at         INTEGER NOT NULL,
  registered_at    INTEGER,
  expires_at       INTEGER,
  status           TEXT NOT NULL,
  reason           TEXT,
  order_id         TEXT UNIQUE,                  -- the order that made it qualify feeds no other
  amount           INTEGER,
  currency         TEXT,
  refunded         INTEGER NOT NULL DEFAULT 0,
  minimum          INTEGER,
  minimum_currency TEXT,
  external_source  TEXT,
  external_ref     TEXT,
  day              TEXT NOT NULL,                -- of the bind, in the store's time zone
  week             TEXT NOT NULL
) STRICT;
-- The second fence: one open attribution per friend, one row per external reference.
CREATE UNIQUE INDEX referral_attributions_open ON referral_attributions (referee_id) WHERE status = 'pending';
CREATE UNIQUE INDEX referral_attributions_external ON referral_attributions (external_source, external_ref)
  WHERE external_ref IS NOT NULL;
CREATE INDEX referral_attributions_by_referee ON referral_attributions (referee_id, seq);
CREATE INDEX referral_attributions_by_email ON referral_attributions (referee_email, seq) WHERE referee_email IS NOT NULL;
CREATE INDEX referral_attributions_by_uuid ON referral_attributions (referee_uuid, seq) WHERE referee_uuid IS NOT NULL;
CREATE INDEX referral_attributions_by_name ON referral_attributions (referee_name COLLATE NOCASE, seq)
  WHERE referee_name IS NOT NULL;
CREATE INDEX referral_attributions_by_referrer ON referral_attributions (referrer_id, seq);
CREATE INDEX referral_attributions_by_pair ON referral_attributions (referrer_id, referee_id);
CREATE INDEX referral_attributions_by_status ON referral_attributions (status, seq);
CREATE INDEX referral_attributions_registered ON referral_attributions (referrer_id, registered_at)
  WHERE registered_at IS NOT NULL;
CREATE INDEX referral_attributions_successful ON referral_attributions (referrer_id, day, bound_at)
  WHERE status IN ('qualified', 'rewarded');
CREATE INDEX referral_attributions_to_expire ON referral_attributions (expires_at)
  WHERE status = 'pending' AND expires_at IS NOT NULL;

CREATE TABLE referral_grants (
  seq            INTEGER PRIMARY KEY AUTOINCREMENT,
  id             TEXT NOT NULL UNIQUE,
  attribution_id TEXT NOT NULL REFERENCES referral_attributions (id),
  side           TEXT NOT NULL,
  trigger_word   TEXT NOT NULL,
  customer_id    TEXT NOT NULL,
  terms          TEXT NOT NULL,
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
  take_back      TEXT,                           -- the commands that undo it, once it is undone
  UNIQUE (attribution_id, side, trigger_word)
) STRICT;
CREATE INDEX referral_grants_of_customer ON referral_grants (customer_id, seq);
CREATE INDEX referral_grants_that_apply ON referral_grants (customer_id, coalesce(expires_at, 9223372036854775807))
  WHERE auto_apply AND status IN ('issued', 'expired');
CREATE INDEX referral_grants_used ON referral_grants (customer_id, used_order) WHERE used_order IS NOT NULL;
CREATE INDEX referral_grants_due ON referral_grants (due_at) WHERE status = 'scheduled' AND due_at IS NOT NULL;
CREATE INDEX referral_grants_to_expire ON referral_grants (expires_at) WHERE status = 'issued' AND expires_at IS NOT NULL;

-- A reward's commands that wait until their customer has a player.
CREATE TABLE referral_lines (
  grant_id       TEXT NOT NULL REFERENCES referral_grants (id),
  place          INTEGER NOT NULL,
  server_id      TEXT NOT NULL REFERENCES servers (id),
  customer_id    TEXT NOT NULL,
  command        TEXT NOT NULL,
  fill           TEXT NOT NULL,
  require_online INTEGER NOT NULL,
  cancelled      INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (grant_id, place, server_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX referral_lines_of_server ON referral_lines (server_id) WHERE NOT cancelled;
CREATE INDEX referral_lines_of_customer ON referral_lines (customer_id);
ALTER TABLE commands ADD COLUMN grant_id TEXT;
ALTER TABLE commands ADD COLUMN customer_id TEXT;
ALTER TABLE commands ADD COLUMN undoes INTEGER NOT NULL DEFAULT 0;
CREATE INDEX commands_of_grant ON commands (grant_id, seq) WHERE grant_id IS NOT NULL;
CREATE INDEX commands_of_customer ON commands (customer_id) WHERE customer_id IS NOT NULL;
CREATE INDEX commands_not_sent ON commands (customer_id) WHERE customer_id IS NOT NULL AND offered = 'never';

CREATE TABLE referral_ledger (
  seq         INTEGER PRIMARY KEY AUTOINCREMENT,
  customer_id TEXT NOT NULL,
  unit        TEXT NOT NULL,                     -- points, or a currency
  delta       INTEGER NOT NULL,
  cause       TEXT NOT NULL,
  ref         TEXT NOT NULL,
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

-- Orders as the rules know them: also those that only a checkout or a refund has named.
CREATE TABLE referral_orders (
  id             TEXT PRIMARY KEY,
  customer_id    TEXT,
  email          TEXT,                           -- normalised
  player_name    TEXT,
  player_uuid    TEXT,
  paid_at        INTEGER,
  amount         INTEGER,
  currency       TEXT,
  completed_at   INTEGER,
  undone         TEXT,
  undone_at      INTEGER,
  refunded       INTEGER NOT NULL DEFAULT 0,
  imported       INTEGER NOT NULL DEFAULT 0,
  is_purchase    INTEGER NOT NULL DEFAULT 0,
  code           TEXT,
  attribution_id TEXT,
  reason         TEXT
) STRICT;
CREATE INDEX referral_orders_of_customer ON referral_orders (customer_id) WHERE customer_id IS NOT NULL;
CREATE INDEX referral_orders_bought ON referral_orders (customer_id) WHERE is_purchase;
CREATE INDEX referral_orders_bought_email ON referral_orders (email) WHERE is_purchase AND email IS NOT NULL;
CREATE INDEX referral_orders_bought_uuid ON referral_orders (player_uuid) WHERE is_purchase AND player_uuid IS NOT NULL;
CREATE INDEX referral_orders_bought_name ON referral_orders (player_name COLLATE NOCASE)
  WHERE is_purchase AND player_name IS NOT NULL;
CREATE INDEX referral_orders_of_strangers ON referral_orders (email) WHERE customer_id IS NULL AND email IS NOT NULL;
CREATE INDEX referral_orders_by_code ON referral_orders (lower(code)) WHERE code IS NOT NULL;
CREATE TABLE referral_refunds (
  order_id TEXT NOT NULL REFERENCES referral_orders (id),
  word     TEXT NOT NULL,
  amount   INTEGER NOT NULL,
  PRIMARY KEY (order_id, word)
) STRICT, WITHOUT ROWID;

-- What was bought before the rules were here uses up "first purchase".
INSERT INTO referral_orders (id, customer_id, email, player_name, player_uuid, paid_at, amount, currency, completed_at,
    undone, undone_at, refunded, imported, is_purchase, code)
  SELECT id, customer_id,
    email_key_of(email),
    player, uuid, paid_at, amount, currency, completed_at,
    CASE WHEN charged_back_at IS NOT NULL THEN 'chargeback' WHEN refunded_at IS NOT NULL THEN 'refunded'
         WHEN cancelled_at IS NOT NULL THEN 'cancelled' END,
    coalesce(charged_back_at, refunded_at, cancelled_at), refunded_amount, imported,
    (paid_at IS NULL OR amount > 0) AND (paid_at IS NOT NULL OR imported OR cancelled_at IS NOT NULL),
    nullif(trim(body ->> '$.referralCode'), '')
  FROM (SELECT orders.*, body ->> '$.customer.email' AS email,
                CASE WHEN anonymised_at IS NULL THEN body ->> '$.player.name' END AS player,
                lower(replace(body ->> '$.player.uuid', '-', '')) AS uuid, body ->> '$.amount' AS amount,
                body ->> '$.currency' AS currency, body ->> '$.imported' AS imported FROM orders);

-- Counters: how many of what on which day of the store, and each referrer's successes per period.
CREATE TABLE referral_days (
  what TEXT NOT NULL,                            -- link, click, a status, or revenue and its currency
  day  TEXT NOT NULL,
  n    INTEGER NOT NULL,
  PRIMARY KEY (what, day)
) STRICT, WITHOUT ROWID;
CREATE TABLE referral_tops (
  period      TEXT NOT NULL,                     -- all, 2026, 2026-11, 2026-W48, 2026-11-25
  customer_id TEXT NOT NULL,
  successful  INTEGER NOT NULL,
  last_at     INTEGER NOT NULL,                  -- the newest bind among those
  PRIMARY KEY (period, customer_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX referral_tops_best ON referral_tops (period, successful DESC, last_at DESC, customer_id);
CREATE TABLE referral_places (
  customer_id TEXT PRIMARY KEY,
  live        INTEGER NOT NULL                   -- grants as a referrer that take a place under the cap
) STRICT, WITHOUT ROWID;

CREATE TRIGGER referral_link_counted AFTER INSERT ON referral_links BEGIN
  INSERT INTO referral_days VALUES ('link', NEW.day, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER referral_click_counted AFTER INSERT ON referral_clicks BEGIN
  INSERT INTO referral_days VALUES ('click', NEW.day, 1) ON CONFLICT DO UPDATE SET n = n + 1;
  UPDATE referral_links SET clicks = clicks + 1, last_click_at = max(coalesce(last_click_at, 0), NEW.at) WHERE id = NEW.link_id;
END;
CREATE TRIGGER referral_attribution_counted AFTER INSERT ON referral_attributions BEGIN
  INSERT INTO referral_days VALUES (NEW.status, NEW.day, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER referral_attribution_recounted AFTER UPDATE OF status ON referral_attributions
  WHEN OLD.status <> NEW.status BEGIN
  UPDATE referral_days SET n = n - 1 WHERE what = OLD.status AND day = OLD.day;
  INSERT INTO referral_days VALUES (NEW.status, NEW.day, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER referral_success_counted AFTER UPDATE OF status ON referral_attributions
  WHEN OLD.status NOT IN ('qualified', 'rewarded') AND NEW.status IN ('qualified', 'rewarded') BEGIN
  INSERT INTO referral_tops
    SELECT column1, NEW.referrer_id, 1, NEW.bound_at
    FROM (VALUES ('all'), (substr(NEW.day, 1, 4)), (substr(NEW.day, 1, 7)), (NEW.week), (NEW.day)) WHERE true
    ON CONFLICT DO UPDATE SET successful = successful + 1, last_at = max(last_at, excluded.last_at);
END;
CREATE TRIGGER referral_success_uncounted AFTER UPDATE OF status ON referral_attributions
  WHEN OLD.status IN ('qualified', 'rewarded') AND NEW.status NOT IN ('qualified', 'rewarded') BEGIN
  UPDATE referral_tops SET successful = successful - 1, last_at = coalesce((
      SELECT bound_at FROM referral_attributions AS a INDEXED BY referral_attributions_successful
      WHERE a.referrer_id = NEW.referrer_id AND a.status IN ('qualified', 'rewarded')
        AND a.day BETWEEN span.first AND span.last AND (span.week IS NULL OR a.week = span.week)
      ORDER BY a.day DESC, a.bound_at DESC LIMIT 1), 0)
    FROM (SELECT 'all' AS period, '' AS first, 'z' AS last, NULL AS week
      UNION ALL SELECT substr(NEW.day, 1, 4), substr(NEW.day, 1, 4), substr(NEW.day, 1, 4) || 'z', NULL
      UNION ALL SELECT substr(NEW.day, 1, 7), substr(NEW.day, 1, 7), substr(NEW.day, 1, 7) || 'z', NULL
      UNION ALL SELECT NEW.week, date(NEW.day, '-6 days'), date(NEW.day, '+6 days'), NEW.week
      UNION ALL SELECT NEW.day, NEW.day, NEW.day, NULL) AS span
    WHERE referral_tops.period = span.period AND customer_id = NEW.referrer_id;
END;
CREATE TRIGGER referral_revenue_counted AFTER UPDATE OF status, refunded ON referral_attributions
  WHEN OLD.status = 'rewarded' OR NEW.status = 'rewarded' BEGIN
  UPDATE referral_days SET n = n - max(OLD.amount - OLD.refunded, 0)
    WHERE OLD.status = 'rewarded' AND what = 'revenue ' || OLD.currency AND day = OLD.day;
  INSERT INTO referral_days SELECT 'revenue ' || NEW.currency, NEW.day, max(NEW.amount - NEW.refunded, 0)
    WHERE NEW.status = 'rewarded' AND NEW.currency IS NOT NULL
    -- Integers end at 2^63; a sum that large is shown as this.
    ON CONFLICT DO UPDATE SET n = min(n + excluded.n, 9000000000000000000);
END;
CREATE TRIGGER referral_place_taken AFTER INSERT ON referral_grants
  WHEN NEW.side = 'referrer' AND NEW.status NOT IN ('revoked', 'cancelled') BEGIN
  INSERT INTO referral_places VALUES (NEW.customer_id, 1) ON CONFLICT DO UPDATE SET live = live + 1;
END;
CREATE TRIGGER referral_place_freed AFTER UPDATE OF status ON referral_grants
  WHEN NEW.side = 'referrer' AND (OLD.status IN ('revoked', 'cancelled')) <> (NEW.status IN ('revoked', 'cancelled')) BEGIN
  UPDATE referral_places SET live = live + iif(NEW.status IN ('revoked', 'cancelled'), -1, 1)
    WHERE customer_id = NEW.customer_id;
END;

-- Events that name a customer, for their removal; and the last event whose mail was sent. (An index whose condition is a list of words costs a table of its own for
-- each event.)
DROP INDEX events_of_customers;
CREATE INDEX events_of_customers ON events (subject)
  WHERE kind = 'customer.saved' OR kind GLOB 'mail.*';
CREATE INDEX events_of_invited ON events (lower(data ->> 'to')) WHERE kind = 'mail.invitation';
CREATE INDEX events_with_mails ON events (seq)
  WHERE kind GLOB 'mail.*';
CREATE TABLE mails_put_off (
  seq   INTEGER PRIMARY KEY REFERENCES events (seq),
  tries INTEGER NOT NULL,
  at    INTEGER NOT NULL
) STRICT;
CREATE TABLE mail (
  id     INTEGER PRIMARY KEY CHECK (id = 1),
  cursor INTEGER NOT NULL
) STRICT;

-- One row while the file is being served: found at a start, it says that the last one to serve it did not end in order.
CREATE TABLE served (id INTEGER PRIMARY KEY CHECK (id = 1)) STRICT;
