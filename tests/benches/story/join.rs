//! A player with waiting commands joins.

use crate::floor::Floor;
use crate::rig::{Bench, SAYS, TEMPLATES, millis};
use flux_testkit::stage::StageError;
use tokio::time::Instant;

pub(crate) async fn run(floor: &Floor) -> Result<(), StageError> {
    println!("join: the list is asked for every second, no delay after the join, no log followed");
    for waiting in [1_usize, 100, 1_000] {
        let mut bench = Bench::start("").await?;
        bench.package("words", waiting.min(TEMPLATES), SAYS).await?;
        bench.pay("o", "Steve", "words", waiting.div_ceil(TEMPLATES)).await?;
        bench.queue_is("awaitingPlayer", waiting).await?;
        bench.stage.game("join Steve").await?;
        let start = Instant::now();
        let (first, last) = (bench.until_ran(1).await? - start, bench.until_ran(waiting).await? - start);
        let needed = waiting as u32 * (floor.commit + 3 * floor.trip);
        println!(
            "  {waiting:>5} waiting: first line after {} ms, last after {} ms; floor from the first to the last {} ms",
            millis(first),
            millis(last),
            millis(needed)
        );
        bench.stop().await?;
    }
    Ok(())
}
