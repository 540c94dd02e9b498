//! Every limit of the agent, in one place.

use std::time::Duration;

/// A list of who is online is good for running a player's command for so long.
pub const LIST_FRESH: Duration = Duration::from_secs(1);
/// How often the game's log is looked at, and how much of it is read at a time.
pub const LOG_LOOK: Duration = Duration::from_millis(250);
/// See [`LOG_LOOK`].
pub const LOG_READ_BYTES: usize = 64 * 1024;
/// Bytes of a line of it; a longer one is passed over.
pub const LOG_LINE_BYTES: usize = 4 * 1024;
/// How often a game saves its world by itself: 6,000 ticks.
pub const AUTOSAVE: Duration = Duration::from_secs(300);
/// Deliveries that are looked at after a crash of the game, the newest.
pub const ROLLED_BACK_ROWS: usize = 1_000;
/// How often the game is asked while nobody waits: it shows whether the game is up.
pub const IDLE_LIST_INTERVAL: Duration = Duration::from_secs(60);
/// How often the game is believed that a player whom it has just listed is not there.
pub const TRUSTED_AWAY: u32 = 3;
/// How soon a player who is online but could not take a command is tried again.
pub const CONDITION_RETRY: Duration = Duration::from_secs(30);
/// How long it is believed that a player is dead or has no room, for all that waits for them.
pub const CONDITION_FRESH: Duration = Duration::from_secs(5);
/// How often the game's clock is read while lines are sent.
pub const CLOCK_PAIR_INTERVAL: Duration = Duration::from_secs(10);
/// Jobs whose markers are removed from the game in one turn.
pub const MARKERS_PER_STEP: usize = 20;
/// Marks of one job that are remembered for their removal: of one whose answers are lost again and again, the last ones.
pub const MARKERS_PER_JOB: usize = 16;
/// Uncertain jobs settled in one turn.
pub const RESOLVED_PER_STEP: usize = 20;
/// How often what has expired is looked for, and how much of it is closed at a time.
pub const EXPIRY_INTERVAL: Duration = Duration::from_secs(5);
/// See [`EXPIRY_INTERVAL`].
pub const EXPIRED_PER_ROUND: usize = 100;
/// Bounds of the wait before a line that did not run is sent again; it doubles with each send.
pub const RESEND: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(60));
/// Bounds of the wait before a line is sent again of whose player the game said that they are away, if no join comes first: each send is written down and told.
pub const AWAY_RETRY: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(3_600));
/// A connection to the game that lasted so long starts the waits between tries over.
pub const GAME_LASTED: Duration = Duration::from_secs(30);
/// Bounds of the wait before the game is tried again.
pub const GAME_RETRY: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(15));
/// The wait after a wrong password: each try is a line in the game's log.
pub const WRONG_PASSWORD_RETRY: Duration = Duration::from_secs(30);
/// The wait after a commit that failed.
pub const JOURNAL_RETRY: Duration = Duration::from_secs(1);
/// Statements that the journal keeps prepared: all of them.
pub const PREPARED_STATEMENTS: usize = 64;

/// Bytes of the reports in one call: the store takes 32 KiB, the envelope needs some.
pub const REPORT_BYTES: usize = 30 * 1024;
/// The deadline of a call over the session.
pub const CALL_DEADLINE: Duration = Duration::from_secs(30);
/// The deadline of a REST call, connecting included.
pub const REST_DEADLINE: Duration = Duration::from_secs(30);
/// Bytes of a REST answer.
pub const REST_ANSWER_BYTES: usize = 4 * 1024 * 1024;
/// Characters of the store's own words in an error.
pub const ERROR_CHARS: usize = 200;
/// Bounds of the wait after a report that did not go through.
pub const REPORT_RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// How long old rows wait for a store that cannot be reached (rule 8).
pub const STARTUP_HOLD: Duration = Duration::from_secs(60);
/// The wait after `already_connected:` and the like.
pub const REFUSED_RETRY: Duration = Duration::from_secs(60);
/// Joins that wait to be told to the store; more are dropped, the store offers again what is open anyway.
pub const QUEUED_JOINS: usize = 1_000;
/// The longest `Retry-After` that is obeyed.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(3_600);
/// Unreadable items of the store that are remembered, so that each is said once.
pub const BAD_ITEMS_KNOWN: usize = 1_000;
/// A difference between the two clocks that is worth a warning.
pub const CLOCK_SKEW: Duration = Duration::from_secs(60);

/// How long a stop waits for the line in flight.
pub const STOP_LINE: Duration = Duration::from_secs(10);
/// How long a stop waits for the last reports.
pub const STOP_REPORTS: Duration = Duration::from_secs(5);
/// Bytes of one request on the control socket.
pub const CONTROL_REQUEST_BYTES: u64 = 64 * 1024;
/// How long a control request may take.
pub const CONTROL_DEADLINE: Duration = Duration::from_secs(5);
/// Clients of the control socket at a time.
pub const CONTROL_CLIENTS: usize = 16;
/// How often the details of what is over are pruned.
pub const PRUNE_INTERVAL: Duration = Duration::from_secs(3_600);

/// How often systemd is told how things are, and the watchdog fed at the least.
pub const NOTIFY_INTERVAL: Duration = Duration::from_secs(5);
/// The longest that one try for a session can take, with room: its steps have deadlines of their own.
pub const SESSION_ATTEMPT: Duration = Duration::from_secs(300);
/// What a task's deadline has beyond the waits that it plans.
pub const HEARTBEAT_SLACK: Duration = Duration::from_secs(60);
/// Bytes of one field of an entry in systemd's journal.
pub const JOURNALD_FIELD_BYTES: usize = 16 * 1024;
/// Connections to the metrics at a time.
pub const METRICS_CLIENTS: usize = 8;
/// How long one of them may take.
pub const METRICS_DEADLINE: Duration = Duration::from_secs(10);
/// Bytes of a request there; hyper takes no less than 8 KiB.
pub const METRICS_REQUEST_BYTES: usize = 16 * 1024;
/// What the command line asks of the game or the poller at a time; more are refused.
pub const QUEUED_REQUESTS: usize = 8;
/// Jobs in one listing.
pub const LISTED_JOBS: usize = 1_000;
/// Width of a table on a terminal.
pub const TABLE_COLUMNS: usize = 80;
