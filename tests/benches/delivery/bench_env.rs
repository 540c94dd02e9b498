//! [`BenchEnv`]: the three programs without rate limits, and helpers that print times.

use flux_testkit::testbed::{Programs, StoreApi, Testbed, TestbedError, Who, until};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::Instant;

/// The template of most commands in this benchmark; the game's answer is empty.
pub(crate) const SAYS: &str = "say {player} #";
/// The number of commands that a package may have.
pub(crate) const TEMPLATES: usize = 50;
pub(crate) const LIMIT: Duration = Duration::from_secs(1_800);

/// The three programs, without rate limits.
pub(crate) struct BenchEnv {
    pub(crate) testbed: Testbed,
    pub(crate) api: StoreApi,
    pub(crate) server: String,
    folder: PathBuf,
}

impl BenchEnv {
    /// Starts everything, without players; `more` is YAML for the agent.
    pub(crate) async fn start(more: &str) -> Result<BenchEnv, TestbedError> {
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("flux-bench-{}-{number}", std::process::id()));
        let mut testbed = Testbed::prepare(&folder, Programs::beside_this()?).await?;
        testbed.connect_directly();
        let config = folder.join("companion.yml");
        let text = std::fs::read_to_string(&config).expect("the config");
        std::fs::write(&config, text + "limits: {requests_per_second: 100000}\nlog: {level: warn}\n").expect("written");
        let api = testbed.start_companion().await?;
        testbed.set_up_game(&["--volatile", "--max-players", "2000"]);
        testbed.start(Who::Game).await?;
        let (server, token) = testbed.add_server(&api, "Bench").await?;
        testbed.write_agent_config(&token, &format!("log: {{level: warn}}\n{more}"))?;
        testbed.start(Who::Agent).await?;
        testbed.server_is(&api, &server, "online", LIMIT).await?;
        Ok(BenchEnv { testbed, api, server, folder })
    }

    /// Saves a package of this many commands from one template, in which `#` becomes the command's number.
    pub(crate) async fn package(&self, id: &str, commands: usize, template: &str) -> Result<(), TestbedError> {
        let command = |number: usize| json!({"command": template.replace('#', &number.to_string())});
        let commands: Vec<Value> = (0..commands).map(command).collect();
        let package = json!({"name": id, "price": 1, "currency": "EUR", "commands": commands});
        self.api.put(&format!("/api/v1/packages/{id}"), package).await.map(drop)
    }

    pub(crate) async fn pay(
        &self,
        order: &str,
        player: &str,
        package: &str,
        quantity: usize,
    ) -> Result<(), TestbedError> {
        let body = json!({"customer": {"id": "c"}, "player": {"name": player}, "items": [{"packageId": package, "quantity": quantity}],
            "amount": 1, "currency": "EUR", "status": "paid"});
        self.api.put(&format!("/api/v1/orders/{order}"), body).await.map(drop)
    }

    /// Waits until the store shows this many commands of the server in this state.
    pub(crate) async fn queue_is(&self, state: &str, count: usize) -> Result<(), TestbedError> {
        let path = format!("/api/v1/servers/{}", self.server);
        let look = || async { Ok((self.api.get(&path).await?["queue"][state] == count).then_some(())) };
        until(&format!("{count} commands {state}"), LIMIT, look).await.map(drop)
    }

    /// Waits until this many lines have taken effect, without polling; returns the time of it.
    pub(crate) async fn until_ran(&self, count: usize) -> Result<Instant, TestbedError> {
        self.testbed.game(&format!("until {count}")).await?;
        Ok(Instant::now())
    }

    pub(crate) async fn stop(&mut self) -> Result<(), TestbedError> {
        for who in [Who::Agent, Who::Companion, Who::Game] {
            self.testbed.kill(who).await?;
        }
        std::fs::remove_dir_all(&self.folder).map_err(|source| TestbedError::Io { what: "tidying up".into(), source })
    }
}

pub(crate) fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

pub(crate) fn millis(time: Duration) -> String {
    format!("{:9.3}", time.as_secs_f64() * 1_000.0)
}

/// Prints the median and the 99th percentile.
pub(crate) fn print(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |permille: usize| times[(times.len() - 1) * permille / 1_000];
    println!("  {what:<44} p50 {} ms   p99 {} ms", millis(at(500)), millis(at(990)));
}
