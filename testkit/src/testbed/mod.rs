//! The testbed: the three real programs on one machine, for the quickstart and for tests. It starts and kills them, calls the companion, and cuts the link.

mod api;
mod error;
mod files;
mod host;
mod link;
mod program;
mod programs;

pub use api::StoreApi;
pub use error::TestbedError;
pub use host::{Testbed, Who};
pub use link::Link;
pub use program::{Ended, Program};
pub use programs::Programs;

use std::time::Duration;
use tokio::time::Instant;

/// Interval at which an expected state is checked.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Waits until `look` returns a value, and returns it with the time that it took.
pub async fn until<T, F>(
    what: &str,
    limit: Duration,
    mut look: impl FnMut() -> F,
) -> Result<(T, Duration), TestbedError>
where
    F: Future<Output = Result<Option<T>, TestbedError>>,
{
    let start = Instant::now();
    loop {
        if let Some(found) = look().await? {
            return Ok((found, start.elapsed()));
        }
        if start.elapsed() > limit {
            return Err(TestbedError::Waited { what: what.to_owned(), limit });
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
