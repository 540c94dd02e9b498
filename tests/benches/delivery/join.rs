//! Time until a player's waiting commands run after the player joins.

use crate::bench_env::{BenchEnv, SAYS, TEMPLATES, millis};
use crate::floor::Floor;
use flux_testkit::testbed::TestbedError;
use tokio::time::Instant;

pub(crate) async fn run(floor: &Floor) -> Result<(), TestbedError> {
    println!("join: the list is asked for every second, no delay after the join, no log followed");
    for waiting in [1_usize, 100, 1_000] {
        let mut env = BenchEnv::start("").await?;
        env.package("words", waiting.min(TEMPLATES), SAYS).await?;
        env.pay("o", "Steve", "words", waiting.div_ceil(TEMPLATES)).await?;
        env.queue_is("awaitingPlayer", waiting).await?;
        env.testbed.game("join Steve").await?;
        let start = Instant::now();
        let (first, last) = (env.until_ran(1).await? - start, env.until_ran(waiting).await? - start);
        let needed = waiting as u32 * (floor.commit + 3 * floor.trip);
        println!(
            "  {waiting:>5} waiting: first line after {} ms, last after {} ms; floor from the first to the last {} ms",
            millis(first),
            millis(last),
            millis(needed)
        );
        env.stop().await?;
    }
    Ok(())
}
