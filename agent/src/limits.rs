//! All limits of the agent.

use jiff::SignedDuration;
use std::time::Duration;

/// Age up to which the player list decides whether a player's command may run.
pub const LIST_FRESH: Duration = Duration::from_secs(1);
/// Interval between reads of the game's log.
pub const LOG_LOOK: Duration = Duration::from_millis(250);
/// Bytes read from the game's log at a time.
pub const LOG_READ_BYTES: usize = 64 * 1024;
/// Bytes of a line in the game's log; the agent skips a longer line.
pub const LOG_LINE_BYTES: usize = 4 * 1024;
/// Interval at which a game saves its world: 6,000 ticks.
pub const AUTOSAVE: Duration = Duration::from_secs(300);
/// Newest deliveries that the agent checks after a crash of the game.
pub const ROLLED_BACK_ROWS: usize = 1_000;
/// Interval between player lists while no job waits for a player; each shows whether the game is up.
pub const IDLE_LIST_INTERVAL: Duration = Duration::from_secs(60);
/// Number of times the agent accepts that a player is away although the game has just listed them.
pub const TRUSTED_AWAY: u32 = 3;
/// Bounds of the wait before the next look at a player who is online but could not receive a command; it doubles with each look.
pub const CONDITION_RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// Characters of a game's answer in a text for the admin.
pub const QUOTED_CHARS: usize = 120;
/// Time for which a player counts as dead or without room, for all jobs that wait for them.
pub const CONDITION_FRESH: Duration = Duration::from_secs(5);
/// Interval between reads of the game's clock while lines are sent.
pub const CLOCK_PAIR_INTERVAL: Duration = Duration::from_secs(10);
/// Jobs whose markers one step removes from the game.
pub const MARKERS_PER_STEP: usize = 20;
/// Markers that the journal keeps for one job until their removal; the newest stay.
pub const MARKERS_PER_JOB: usize = 16;
/// Uncertain jobs that one step settles.
pub const RESOLVED_PER_STEP: usize = 20;
/// Interval between searches for expired jobs.
pub const EXPIRY_INTERVAL: Duration = Duration::from_secs(5);
/// Expired jobs closed in one commit.
pub const EXPIRED_PER_ROUND: usize = 500;
/// Time for which id, attempt and outcome of a finished job are kept at least, after the store's acknowledgement: an older copy of the journal or of
/// the store's database must not make it run again.
pub const REMEMBERED: SignedDuration = SignedDuration::from_hours(90 * 24);
/// Jobs that a start recovers in one commit.
pub const RECOVERED_PER_COMMIT: usize = 5_000;
/// Bytes of free pages in the journal's file from which it needs no space of the disk for a batch.
pub const SPARE_BYTES: u64 = 4 * 1024 * 1024;
/// Bytes of SQLite's log that stay on the disk after a checkpoint.
pub const LOG_KEPT_BYTES: u64 = 8 * 1024 * 1024;
/// Jobs whose details are pruned, or that are removed, in one commit.
pub const PRUNED_PER_ROUND: usize = 1_000;
/// Bounds of the wait before a line that did not run is sent again; it doubles with each send.
pub const RESEND: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(60));
/// Bounds of the wait before a line is sent again after the game answered that its player is away. A join ends the wait.
/// Each send adds to the job's history and is reported to the store, so a short wait costs space and traffic.
pub const AWAY_RETRY: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(3_600));
/// Duration after which a connection to the game resets the wait between tries.
pub const GAME_LASTED: Duration = Duration::from_secs(30);
/// Bounds of the wait before the next connection to the game.
pub const GAME_RETRY: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(15));
/// The wait after a wrong password; each try adds a line to the game's log.
pub const WRONG_PASSWORD_RETRY: Duration = Duration::from_secs(30);
/// The wait after a failed commit.
pub const JOURNAL_RETRY: Duration = Duration::from_secs(1);
/// The time between two looks at whether the path still names the open journal; each commit looks as well.
pub const JOURNAL_FILE_CHECK: Duration = Duration::from_secs(10);
/// Prepared statements that the journal caches; enough for all of them.
pub const PREPARED_STATEMENTS: usize = 64;

/// Bytes of the reports in one call. The store accepts 32 KiB, envelope included.
pub const REPORT_BYTES: usize = 30 * 1024;
/// The deadline of a call over the session.
pub const CALL_DEADLINE: Duration = Duration::from_secs(30);
/// The deadline of a REST call, connecting included.
pub const REST_DEADLINE: Duration = Duration::from_secs(30);
/// Bytes of a REST answer.
pub const REST_ANSWER_BYTES: usize = 4 * 1024 * 1024;
/// Characters of a text from the store in an error.
pub const ERROR_CHARS: usize = 200;
/// Bounds of the wait after a failed report.
pub const REPORT_RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// Time for which reports may fail before the log says so.
pub const REPORTS_LATE: Duration = Duration::from_secs(120);
/// The wait before the policy is sent again, after a call that did not reach the store.
pub const POLICY_RETRY: Duration = Duration::from_secs(60);
/// Time without contact after which jobs from before this start run without the store's acknowledgement (rule 8).
pub const STARTUP_HOLD: Duration = Duration::from_secs(60);
/// The wait after the store refused the session, for example with `already_connected:`.
pub const REFUSED_RETRY: Duration = Duration::from_secs(60);
/// Joins queued for the store. Further joins are dropped; the store offers open commands anyway.
pub const QUEUED_JOINS: usize = 1_000;
/// Unreadable items of the store, and as many rows of the journal, that the agent remembers, to log each once.
pub const BAD_ITEMS_KNOWN: usize = 1_000;
/// Difference between the two clocks above which the agent warns.
pub const CLOCK_SKEW: Duration = Duration::from_secs(60);

/// Time for which a stop waits for the line in flight.
pub const STOP_LINE: Duration = Duration::from_secs(10);
/// Time for which a stop waits for the last reports.
pub const STOP_REPORTS: Duration = Duration::from_secs(5);
/// Bytes of one request on the control socket.
pub const CONTROL_REQUEST_BYTES: u64 = 64 * 1024;
/// Deadline of a control request.
pub const CONTROL_DEADLINE: Duration = Duration::from_secs(5);
/// Concurrent clients of the control socket.
pub const CONTROL_CLIENTS: usize = 16;
/// Interval between prunings of old details.
pub const PRUNE_INTERVAL: Duration = Duration::from_secs(3_600);

/// Longest interval between notifications to systemd, watchdog included.
pub const NOTIFY_INTERVAL: Duration = Duration::from_secs(5);
/// Deadline of one attempt to open a session. It exceeds the sum of its steps' deadlines.
pub const SESSION_ATTEMPT: Duration = Duration::from_secs(300);
/// Time that a task's deadline adds to its planned wait.
pub const HEARTBEAT_SLACK: Duration = Duration::from_secs(60);
/// Concurrent connections to the metrics endpoint.
pub const METRICS_CLIENTS: usize = 8;
/// Deadline of such a connection.
pub const METRICS_DEADLINE: Duration = Duration::from_secs(10);
/// Bytes of a request to the metrics endpoint; hyper needs at least 8 KiB.
pub const METRICS_REQUEST_BYTES: usize = 16 * 1024;
/// Queued requests of the command line to the game loop or the poller; further requests are refused.
pub const QUEUED_REQUESTS: usize = 8;
/// Jobs in one listing.
pub const LISTED_JOBS: usize = 1_000;
/// Patterns that `policy suggest` prints.
pub const SUGGESTED_PATTERNS: usize = 1_000;
/// Interval between two refreshes of `status --watch`.
pub const WATCH_INTERVAL: Duration = Duration::from_secs(2);
/// Free bytes below which `check` calls the disk of the journal full. An idle journal has about 1 MiB.
pub const DISK_FREE_BYTES: u64 = 16 * 1024 * 1024;
/// Characters of a command's id in a listing on a terminal, unless more are needed to tell two apart.
pub const SHORT_ID_CHARS: usize = 12;
/// Columns of an order's id in a listing of jobs; `queue show` has all of a longer one.
pub const ORDER_COLUMNS: usize = 20;
