//! Every limit of the database layer.

use std::time::Duration;

/// Writes that the queue holds; a further one waits for room.
pub const WRITE_QUEUE: usize = 1_024;
/// Writes that share a transaction. More make each caller wait longer; fewer make more disk flushes.
pub const GROUP_COMMIT: usize = 256;
/// Time that a write waits for room in the queue before it fails with `Busy`.
pub const WRITE_QUEUE_WAIT: Duration = Duration::from_secs(5);
/// Reading connections, and so the number of reads at once.
pub const READERS: usize = 4;
/// Statements that each connection keeps prepared. With fewer than are in use, SQLite plans them again.
pub const PREPARED_STATEMENTS: usize = 128;
/// Time that SQLite waits for another process that holds the database, such as the CLI.
pub const DATABASE_BUSY: Duration = Duration::from_secs(5);
/// Time between two looks at whether the path still names the served file; each commit looks as well.
pub const FILE_CHECK: Duration = Duration::from_secs(10);
/// Players whose last server is remembered.
pub const PLAYER_PLACES: u32 = 100_000;
/// Commands that one sweep expires.
pub const EXPIRY_ROWS: u32 = 1_000;
