//! What has waited runs when the game is back: with marks that prove what ran, and without.

use crate::floor::Floor;
use crate::rig::Bench;
use flux_sandbox::stage::{StageError, Who};
use std::time::Duration;
use tokio::time::Instant;

const PLAYERS: usize = 1_000;

pub(crate) async fn run(floor: &Floor) -> Result<(), StageError> {
    let commands = std::env::var("FLUX_BENCH_DRAIN").map_or(10_000, |text| text.parse().expect("a number"));
    println!("drain: {commands} waiting commands of {PLAYERS} players who are online");
    for (proof, delay) in [("auto", 0), ("none", 0), ("auto", 5), ("auto", 50)] {
        // With a slow game a tenth tells as much.
        let count = if delay == 0 { commands } else { (commands / 10).max(PLAYERS) };
        one(floor, count, proof, delay).await?;
    }
    Ok(())
}

async fn one(floor: &Floor, commands: usize, proof: &str, delay: u64) -> Result<(), StageError> {
    let mut bench = Bench::start(&format!("delivery: {{proof: {proof}}}\n")).await?;
    bench.stage.kill(Who::Game).await?;
    let each = commands / PLAYERS;
    bench.package("words", each).await?;
    for player in 0..PLAYERS {
        bench.pay(&format!("o{player}"), &format!("P{player}"), "words", 1).await?;
    }
    bench.queue_is("delivered", each * PLAYERS).await?;
    let names: Vec<String> = (0..PLAYERS).map(|player| format!("P{player}")).collect();
    let mut options = vec!["--join"];
    options.extend(names.iter().map(String::as_str));
    bench.stage.set_up_game(&options);
    bench.stage.start(Who::Game).await?;
    if delay > 0 {
        bench.stage.game(&format!("fault delay={delay} 100000000")).await?;
    }
    bench.until_ran(1).await?;
    let start = Instant::now();
    let took = bench.until_ran((each * PLAYERS) as u64).await? - start;
    let lines = bench.stage.game("received").await?.as_u64().unwrap_or_default() as f64;
    let (rate, trips) = ((each * PLAYERS) as f64 / took.as_secs_f64(), lines / (each * PLAYERS) as f64);
    // The intent before the line, the outcome after it; the player's state and the line are what must be asked.
    let needed = 2 * floor.commit + 2 * (floor.trip + Duration::from_millis(delay));
    let reachable = 1.0 / needed.as_secs_f64();
    println!(
        "  proof {proof:<4} game answers after {delay:>2} ms: {rate:7.0} a second, {:3.0} % of the floor ({reachable:.0}); {trips:.2} trips a command in all",
        rate / reachable * 100.0
    );
    bench.stop().await
}
