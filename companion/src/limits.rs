//! The companion's fixed limits. Those that an admin may change are in `config::Limits`.

use std::time::Duration;

/// Different packages in one order.
pub const ORDER_ITEMS: usize = 100;
/// Obstacles that a list shows of one order.
pub const LISTED_OBSTACLES: usize = 5;
/// Commands that one bulk call changes.
pub const BULK_COMMANDS: u32 = 500;
/// The time that an `Idempotency-Key` is remembered.
pub const IDEMPOTENCY_TTL: Duration = Duration::from_secs(24 * 60 * 60);

/// The wait between polls that the companion sets for an agent.
pub const NEXT_POLL_SECONDS: u64 = *flux_protocol::limits::POLL_SECONDS.start();
/// A poll may come this much later than its agent has announced, because networks are slow: seconds.
pub const POLL_GRACE_SECONDS: u64 = 15;
/// The age from which a player's last join does not say any more where the player is.
pub const PLAYER_PLACE_AGE: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// The interval of the sweeps.
pub const SWEEP: Duration = Duration::from_secs(30);
/// The wait before a lease is tried again after the database has failed.
pub const LEASE_RETRY: Duration = Duration::from_secs(1);
/// The time after an offer in which only a sweep offers the same command to the session again.
pub const OFFER_QUIET: Duration = Duration::from_secs(30);
/// Bytes of one `Deliver` or `Revoke`.
pub const PUSH_BYTES: usize = 256 * 1024;
/// Ids of unknown commands that the log names for one call of reports.
pub const LOGGED_IDS: usize = 10;
/// Different policies of agents by which a package is judged.
pub const JUDGED_POLICIES: usize = 50;
/// Servers that one warning names.
pub const NAMED_SERVERS: usize = 10;
/// The time that the removal of a server waits for its agent's reports.
pub const REMOVAL_WAIT: Duration = Duration::from_secs(10);

/// Streams of events that are open at once.
pub const EVENT_STREAMS: usize = 100;
/// Streams of events that one key has open at once.
pub const EVENT_STREAMS_OF_KEY: usize = 25;
/// Events that a stream or the webhook reads at once.
pub const EVENT_BATCH: u32 = 100;
/// The interval in which streams and the webhook look for events that another process, the command line, has written. An
/// idle stream sends a comment as often, so that no proxy closes it.
pub const EVENTS_LOOK: Duration = Duration::from_secs(15);
/// The longest wait for the webhook's answer.
pub const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(10);
/// The first wait before the webhook is tried again; it doubles each time.
pub const WEBHOOK_RETRY: Duration = Duration::from_secs(1);
/// The longest wait before the webhook is tried again.
pub const WEBHOOK_RETRY_LONGEST: Duration = Duration::from_secs(60);

/// The age from which a mail that waits when the companion starts is not sent any more, so that nobody gets a flood of old
/// mails after `mail` was unset for a while.
pub const MAIL_AGE: Duration = Duration::from_secs(24 * 60 * 60);
/// The longest wait for the mail server: to accept the connection, and to accept the mail.
pub const MAIL_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest wait for the mail server's goodbye.
pub const MAIL_QUIT: Duration = Duration::from_secs(5);
/// The first wait before a mail is tried again; it doubles each time.
pub const MAIL_RETRY: Duration = Duration::from_secs(5);
/// The longest wait of all mails, while the mail server takes none.
pub const MAIL_RETRY_LONGEST: Duration = Duration::from_secs(15 * 60);
/// The longest wait of a mail that was put off.
pub const MAIL_PUT_OFF_LONGEST: Duration = Duration::from_secs(60 * 60);
/// Tries of a mail until it is given up, after about a day.
pub const MAIL_TRIES: u32 = 30;
/// Mails that fail in a row until it is the server, and they wait longer. More let an attacker's bad addresses hold back a good
/// mail for less time; fewer are kinder to a server that fails.
pub const MAIL_ROUND: u32 = 10;
/// Mails that fail again take at most one part in so many of the time: a server may let each of them wait for long.
pub const MAIL_RETRY_SHARE: u32 = 10;
/// Characters that are kept of the reason that a mail failed.
pub const MAIL_REASON_CHARS: usize = 300;

/// The part of `limits.connections` that one address may have open, other than this machine's own, where a reverse proxy
/// runs: one in so many.
pub const CONNECTIONS_OF_ADDRESS_PART: usize = 4;
/// Open connections of those who read the metrics.
pub const METRICS_CONNECTIONS: usize = 16;
/// The interval of the log lines that count wrong keys.
pub const WRONG_KEYS_LOG: Duration = Duration::from_secs(60);
/// Hub connections of one server's agent: the present one, and lost ones that the store has not noticed yet.
pub const AGENT_CONNECTIONS: usize = 16;
/// The longest wait for the `Hello` of a hub connection.
pub const HELLO_WAIT: Duration = Duration::from_secs(15);
/// The time until a connection that accepts no data is closed.
pub const WRITE_STALL: Duration = Duration::from_secs(30);
/// Connections that the system queues until they are accepted. With the usual 128, each further one waits a second.
pub const LISTEN_BACKLOG: u32 = 4_096;
/// The longest wait for a request's headers.
pub const HEADER_READ: Duration = Duration::from_secs(10);
/// Bytes of a request's line and headers.
pub const HEADER_BYTES: usize = 16 * 1024;
/// The longest interval between two notifications of systemd and its watchdog.
pub const NOTIFY_INTERVAL: Duration = Duration::from_secs(10);
/// The time after which a database that does not answer counts as hung. Rebuilding a large file takes a while.
pub const NOTIFY_PATIENCE: Duration = Duration::from_secs(20);
/// The time that requests in flight have to end when the companion stops.
pub const DRAIN: Duration = Duration::from_secs(15);
/// The fewest characters of a webhook's secret: 32 random letters and digits are 190 bits.
pub const WEBHOOK_SECRET_CHARS: usize = 32;
