//! Resource use of the idle programs.

use crate::bench_env::{BenchEnv, SAYS, TEMPLATES};
use flux_testkit::testbed::{TestbedError, Who};
use flux_tests::process::{cpu, resident_bytes};
use std::time::Duration;
use tokio::net::UnixDatagram;
use tokio::time::{Instant, sleep};

const SETTLES: Duration = Duration::from_secs(10);
const WATCHED: Duration = Duration::from_secs(20);

pub(crate) async fn run() -> Result<(), TestbedError> {
    println!("at rest, watched for {} s", WATCHED.as_secs());
    for waiting in [0_usize, 1_000, 100_000] {
        let mut env = BenchEnv::start("").await?;
        if waiting > 0 {
            let (players, each) = (waiting.div_ceil(TEMPLATES), waiting.min(TEMPLATES));
            env.package("words", each, SAYS).await?;
            for player in 0..players {
                env.pay(&format!("o{player}"), &format!("P{player}"), "words", 1).await?;
            }
            env.queue_is("awaitingPlayer", waiting).await?;
        }
        env.testbed.stop(Who::Agent).await?;
        let ready = until_ready(&mut env).await?;
        sleep(SETTLES).await;
        for (name, who) in [("agent", Who::Agent), ("companion", Who::Companion)] {
            let pid = env.testbed.program(who).pid().unwrap_or_default();
            let before = cpu(pid);
            sleep(WATCHED).await;
            let share = (cpu(pid) - before).as_secs_f64() / WATCHED.as_secs_f64() * 100.0;
            let megabytes = resident_bytes(pid) as f64 / 1_048_576.0;
            println!("  {name:<10} with {waiting:>6} waiting: {megabytes:6.1} MB, {share:5.2} % of a core");
        }
        println!("  agent      with {waiting:>6} waiting: start to READY {:.0} ms", ready.as_secs_f64() * 1_000.0);
        env.stop().await?;
    }
    Ok(())
}

/// Starts the agent as systemd does, and waits until it reports readiness.
async fn until_ready(env: &mut BenchEnv) -> Result<Duration, TestbedError> {
    let path = env.testbed.folder().join("notify.sock");
    let socket = UnixDatagram::bind(&path).expect("a socket");
    env.testbed.program(Who::Agent).set_environment(&[("NOTIFY_SOCKET", &path.display().to_string())]);
    let start = Instant::now();
    env.testbed.program(Who::Agent).start()?;
    let mut buffer = [0; 4_096];
    loop {
        let length = socket.recv(&mut buffer).await.expect("a notification");
        if String::from_utf8_lossy(&buffer[..length]).contains("READY=1") {
            return Ok(start.elapsed());
        }
    }
}
