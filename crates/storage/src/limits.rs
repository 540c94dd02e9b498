//! Every limit of the database layer.

use std::time::Duration;

/// Writes that wait for the writer; one more waits for room.
pub const WRITE_QUEUE: usize = 1_024;
/// Writes of one transaction: large enough to share a disk flush, small enough to answer soon.
pub const GROUP_COMMIT: usize = 256;
/// How long a write waits for room in the queue before the answer is "busy".
pub const WRITE_QUEUE_WAIT: Duration = Duration::from_secs(5);
/// Connections that read.
pub const READERS: usize = 4;
/// Statements that each connection keeps prepared.
pub const PREPARED_STATEMENTS: usize = 128;
/// How long SQLite waits for another process that holds the database, such as the CLI.
pub const DATABASE_BUSY: Duration = Duration::from_secs(5);
/// Rows that one sweep expires.
pub const EXPIRY_ROWS: u32 = 1_000;
