//! Every limit of the agent, in one place.

use std::time::Duration;

/// A list of who is online is good for running a player's command for so long.
pub const ROSTER_FRESH: Duration = Duration::from_secs(1);
/// How often the game is asked while nobody waits: it shows whether the game is up.
pub const IDLE_LIST_INTERVAL: Duration = Duration::from_secs(60);
/// How soon a player who is online but could not take a command is tried again.
pub const CONDITION_RETRY: Duration = Duration::from_secs(30);
/// How often the game's clock is read while lines are sent.
pub const CLOCK_PAIR_INTERVAL: Duration = Duration::from_secs(10);
/// Marks removed from the game in one go, between jobs.
pub const MARKS_PER_ROUND: usize = 50;
/// Bounds of the wait before the game is tried again.
pub const GAME_RETRY: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(15));
/// The wait after a wrong password: each try is a line in the game's log.
pub const WRONG_PASSWORD_RETRY: Duration = Duration::from_secs(30);
/// The wait after a commit that failed.
pub const JOURNAL_RETRY: Duration = Duration::from_secs(1);

/// Bytes of the reports in one call: the store takes 32 KiB, the envelope needs some.
pub const REPORT_BYTES: usize = 30 * 1024;
/// The deadline of a call over the session.
pub const CALL_DEADLINE: Duration = Duration::from_secs(30);
/// The deadline of a REST call, connecting included.
pub const REST_DEADLINE: Duration = Duration::from_secs(30);
/// Bytes of a REST answer.
pub const REST_ANSWER_BYTES: usize = 4 * 1024 * 1024;
/// Bounds of the wait after a report that did not go through.
pub const REPORT_RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// How long old rows wait for a store that cannot be reached (rule 8).
pub const CAREFUL_WAIT: Duration = Duration::from_secs(60);
/// The wait after `already_connected:` and the like.
pub const REFUSED_RETRY: Duration = Duration::from_secs(60);
/// Joins that wait to be told to the store; more are dropped, the store offers again what is open anyway.
pub const QUEUED_JOINS: usize = 1_000;
/// The longest `Retry-After` that is obeyed.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(3_600);
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
