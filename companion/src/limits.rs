//! Every limit of the companion that no config changes; what may be changed stands in `config::Limits`.

use std::time::Duration;

/// Different packages in one order.
pub const ORDER_ITEMS: usize = 100;
/// How long an `Idempotency-Key` is remembered.
pub const IDEMPOTENCY_TTL: Duration = Duration::from_secs(24 * 60 * 60);

/// What the companion tells a polling agent to wait.
pub const NEXT_POLL_SECONDS: u64 = *flux_protocol::limits::POLL_SECONDS.start();
/// How often everything that is due is looked for.
pub const SWEEP: Duration = Duration::from_secs(30);
/// How long a session is not offered again what it was just offered, but by a sweep.
pub const OFFER_QUIET: Duration = Duration::from_secs(30);
/// Bytes of one `Deliver` or `Revoke`.
pub const PUSH_BYTES: usize = 256 * 1024;
/// How long the removal of a server waits for its agent's words.
pub const REMOVAL_WAIT: Duration = Duration::from_secs(10);

/// Streams of events that are open at once.
pub const EVENT_STREAMS: usize = 100;
/// Events that a stream or the webhook reads at once.
pub const EVENT_BATCH: u32 = 100;
/// How often streams and the webhook look for events that another process has written (the command line). A stream with
/// nothing to tell says so as often, so that nobody in between takes it for dead.
pub const EVENTS_LOOK: Duration = Duration::from_secs(15);
/// How long the webhook may take to answer.
pub const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(10);
/// The wait before the webhook is tried again; it doubles each time.
pub const WEBHOOK_RETRY: Duration = Duration::from_secs(1);
/// Until it is this.
pub const WEBHOOK_RETRY_LONGEST: Duration = Duration::from_secs(60);

/// How long a mail server may take.
pub const MAIL_TIMEOUT: Duration = Duration::from_secs(30);
/// The wait before a mail is tried again; it doubles each time.
pub const MAIL_RETRY: Duration = Duration::from_secs(5);
/// Until it is this.
pub const MAIL_RETRY_LONGEST: Duration = Duration::from_secs(15 * 60);
/// Until it is this, for a mail that the server has put off by itself.
pub const MAIL_PUT_OFF_LONGEST: Duration = Duration::from_secs(60 * 60);
/// How often a mail may be put off: for about a day.
pub const MAIL_TRIES: u32 = 30;

/// Connections to the hub of one server's agent: the present one, and those that it has lost and the store not yet.
pub const AGENT_CONNECTIONS: usize = 16;
/// How long a connection to the hub may be without its `Hello`.
pub const HELLO_WAIT: Duration = Duration::from_secs(15);
/// How long a connection that takes nothing of what is sent to it stays open.
pub const WRITE_STALL: Duration = Duration::from_secs(30);
/// Connections that the system keeps until they are accepted; the usual 128 cost every further one a second.
pub const LISTEN_BACKLOG: u32 = 4_096;
/// How long a request's headers may take to come.
pub const HEADER_READ: Duration = Duration::from_secs(10);
/// Bytes of a request's line and headers.
pub const HEADER_BYTES: usize = 16 * 1024;
/// How often systemd is told how things are, and the watchdog fed at the least.
pub const NOTIFY_INTERVAL: Duration = Duration::from_secs(10);
/// How long the database may take to answer before it is taken for hung; rebuilding a large file takes its time.
pub const NOTIFY_PATIENCE: Duration = Duration::from_secs(20);
/// How long requests in flight may take when the companion stops.
pub const DRAIN: Duration = Duration::from_secs(15);
