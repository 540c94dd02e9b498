//! An order's HTTP answer → its line in the game.

use crate::bench_env::{BenchEnv, SAYS, millis, print};
use crate::floor::Floor;
use flux_testkit::testbed::TestbedError;
use tokio::time::Instant;

const ORDERS: usize = 300;

/// The store commits that it was offered, the agent that it has it and that it will send it: three commits, one hop, and the line's
/// two trips (is the player there and alive, the line itself) come between the answer and the line.
fn needed(floor: &Floor) -> std::time::Duration {
    3 * floor.commit + floor.hop + 2 * floor.trip
}

pub(crate) async fn run(floor: &Floor) -> Result<(), TestbedError> {
    let mut env = BenchEnv::start("").await?;
    env.testbed.game("join Steve").await?;
    env.package("word", 1, SAYS).await?;
    let mut times = Vec::new();
    for number in 1..=ORDERS {
        env.pay(&format!("o{number}"), "Steve", "word", 1).await?;
        let start = Instant::now();
        times.push(env.until_ran(number).await? - start);
    }
    println!("push: {ORDERS} orders, one after another");
    print("order's HTTP answer -> line in the game", times);
    println!("  {:<44} p50 {} ms", "floor: three commits, a hop, two trips", millis(needed(floor)));
    env.stop().await
}
