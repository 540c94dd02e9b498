-- Orders through their whole life, customers, and the webhook's cursor.

ALTER TABLE orders ADD COLUMN paid_at INTEGER;
ALTER TABLE orders ADD COLUMN completed_at INTEGER;
ALTER TABLE orders ADD COLUMN cancelled_at INTEGER;
ALTER TABLE orders ADD COLUMN refunded_at INTEGER;
ALTER TABLE orders ADD COLUMN charged_back_at INTEGER;
ALTER TABLE orders ADD COLUMN anonymised_at INTEGER;
UPDATE orders SET paid_at = updated_at WHERE status IN ('paid', 'completed', 'refunded');
UPDATE orders SET completed_at = updated_at WHERE status = 'completed';
UPDATE orders SET cancelled_at = updated_at WHERE status = 'cancelled';
UPDATE orders SET refunded_at = updated_at WHERE status = 'refunded';
CREATE INDEX orders_by_customer ON orders (customer_id);

-- What of an order made a command; null for commands made by hand.
ALTER TABLE commands ADD COLUMN package_id TEXT;
ALTER TABLE commands ADD COLUMN made_on TEXT;

-- The packages of an order that take something back, as they were when it was paid: what was sold includes those terms.
CREATE TABLE order_take_backs (
  order_id   TEXT NOT NULL REFERENCES orders (id),
  position   INTEGER NOT NULL,
  package_id TEXT NOT NULL,
  body       TEXT NOT NULL,
  PRIMARY KEY (order_id, position)
) STRICT, WITHOUT ROWID;

-- Each refund of an order once, by its natural key.
CREATE TABLE order_refunds (
  order_id TEXT NOT NULL REFERENCES orders (id),
  word     TEXT NOT NULL,
  amount   INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  PRIMARY KEY (order_id, word)
) STRICT, WITHOUT ROWID;

CREATE TABLE customers (
  id            TEXT PRIMARY KEY,
  email         TEXT,
  name          TEXT,
  tier          TEXT,
  registered_at INTEGER,
  player_name   TEXT,
  player_uuid   TEXT,                            -- 32 lower-case digits
  created_at    INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL,
  anonymised_at INTEGER
) STRICT;
CREATE INDEX customers_by_player_name ON customers (player_name COLLATE NOCASE) WHERE player_name IS NOT NULL;
CREATE INDEX customers_by_player_uuid ON customers (player_uuid) WHERE player_uuid IS NOT NULL;
INSERT INTO customers (id, created_at, updated_at)
  SELECT customer_id, min(created_at), min(created_at) FROM orders GROUP BY customer_id;
-- The one trace of a customer's id in the events, for its removal.
CREATE INDEX events_of_customers ON events (subject) WHERE kind = 'customer.saved';

-- The last event that the webhook has taken: one row, once it has taken any.
CREATE TABLE webhook (
  id     INTEGER PRIMARY KEY CHECK (id = 1),
  cursor INTEGER NOT NULL
) STRICT;
