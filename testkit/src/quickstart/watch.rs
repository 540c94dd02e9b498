//! Keeps the programs of the quickstart running after the last step.

use flux_testkit::testbed::{Testbed, TestbedError, Who};
use std::time::Duration;

const LOOK_EVERY: Duration = Duration::from_millis(200);
const START_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Restarts each program that ends, until the future is dropped.
pub(super) async fn keep_running(testbed: &mut Testbed) -> Result<(), TestbedError> {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        for who in [Who::Companion, Who::Game, Who::Agent] {
            let Some(status) = testbed.program(who).try_ended()? else { continue };
            println!("The {} ended ({status}); restarting it.", testbed.program(who).name());
            tokio::time::sleep(START_AGAIN_AFTER).await;
            testbed.start(who).await?;
            println!(
                "The {} runs again, pid {}.",
                testbed.program(who).name(),
                testbed.program(who).pid().unwrap_or_default()
            );
        }
    }
}
