//! A hook that sees each statement before it runs, for tests that count statements, collect them, or make one fail.

use crate::Error;

/// Sees the statements of a database. Install one with [`Db::with_probe`](crate::Db::with_probe).
pub trait Probe: Send + Sync {
    /// Called before each statement, once for a statement of many rows.
    ///
    /// # Errors
    ///
    /// The error with which the statement fails; it then does not run.
    fn before(&self, sql: &str) -> Result<(), Error>;
}
