//! The programs with nothing to do.

use crate::rig::Bench;
use flux_sandbox::stage::{StageError, Who};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const WATCHED: Duration = Duration::from_secs(20);
const TICKS_PER_SECOND: f64 = 100.0;

pub(crate) async fn run() -> Result<(), StageError> {
    println!("at rest, watched for {} s", WATCHED.as_secs());
    for waiting in [0_usize, 1_000, 100_000] {
        let mut bench = Bench::start("").await?;
        if waiting > 0 {
            let (players, each) = (waiting.div_ceil(50), waiting.min(50));
            bench.package("words", each).await?;
            for player in 0..players {
                bench.pay(&format!("o{player}"), &format!("P{player}"), "words", 1).await?;
            }
            bench.queue_is("awaitingPlayer", waiting).await?;
        }
        bench.stage.stop(Who::Agent).await?;
        let start = Instant::now();
        bench.stage.start(Who::Agent).await?;
        let ready = start.elapsed();
        sleep(Duration::from_secs(10)).await;
        for (name, who) in [("agent", Who::Agent), ("companion", Who::Companion)] {
            let pid = bench.stage.program(who).pid().unwrap_or_default();
            let before = cpu_ticks(pid);
            sleep(WATCHED).await;
            let cpu = (cpu_ticks(pid) - before) / TICKS_PER_SECOND / WATCHED.as_secs_f64() * 100.0;
            println!("  {name:<10} with {waiting:>6} waiting: {:6.1} MB, {cpu:5.2} % of a core", resident_mb(pid));
        }
        println!("  the agent's control socket answers {:.0} ms after its start", ready.as_secs_f64() * 1_000.0);
        bench.stop().await?;
    }
    Ok(())
}

/// Clock ticks in user and kernel mode (proc(5), `stat`, fields 14 and 15).
fn cpu_ticks(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let number = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok()).unwrap_or_default();
    number(11) + number(12)
}

fn resident_mb(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|text| text.parse::<f64>().ok()).unwrap_or_default() / 1_024.0
}
