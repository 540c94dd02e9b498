//! The stage: the three real programs on one machine, for the quickstart and for tests. Starts them, kills them, asks the companion, and cuts the wire.

mod api;
mod error;
mod files;
mod host;
mod program;
mod programs;
mod wire;

pub use api::StoreApi;
pub use error::StageError;
pub use host::{Stage, Who};
pub use program::{Ended, Program};
pub use programs::Programs;
pub use wire::Wire;

use std::time::Duration;
use tokio::time::Instant;

/// How often a state that is waited for is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Waits until `look` brings something, and says how long it took.
pub async fn until<T, F>(what: &str, limit: Duration, mut look: impl FnMut() -> F) -> Result<(T, Duration), StageError>
where
    F: Future<Output = Result<Option<T>, StageError>>,
{
    let start = Instant::now();
    loop {
        if let Some(found) = look().await? {
            return Ok((found, start.elapsed()));
        }
        if start.elapsed() > limit {
            return Err(StageError::Waited { what: what.to_owned(), limit });
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
