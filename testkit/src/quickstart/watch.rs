use flux_testkit::stage::{Stage, StageError, Who};
use std::time::Duration;

const LOOK_EVERY: Duration = Duration::from_millis(200);
const START_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Starts again what ends, for ever.
pub(super) async fn keep_running(stage: &mut Stage) -> Result<(), StageError> {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        for who in [Who::Companion, Who::Game, Who::Agent] {
            let Some(status) = stage.program(who).try_ended()? else { continue };
            println!("The {} ended ({status}); it is started again.", stage.program(who).name());
            tokio::time::sleep(START_AGAIN_AFTER).await;
            stage.start(who).await?;
            println!(
                "The {} runs again, pid {}.",
                stage.program(who).name(),
                stage.program(who).pid().unwrap_or_default()
            );
        }
    }
}
