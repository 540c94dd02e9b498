//! The companion with thousands of connected agents (clients in child processes): memory of a session, cost of all sessions at rest, latency of a command to
//! each agent, and time until all are back after a restart. `make bench` runs it; it prints figures and fails no test.
//!
//! `FLUX_BENCH_AGENTS` sets the numbers of agents (`1000 10000`).

mod agents;
mod crowd;

use crowd::Crowd;
use flux_platform::{Clock, SystemClock};
use flux_testkit::testbed::{Programs, StoreApi, Testbed, TestbedError, Who};
use flux_tests::process::{cpu, resident_bytes};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

/// Servers that are added at once.
const AT_ONCE: usize = 32;
/// Servers that a template may name.
const TEMPLATE_SERVERS: usize = 100;
/// Commands that an order may create.
const ORDER_COMMANDS: usize = 1_000;
const SETTLES: Duration = Duration::from_secs(5);
const WATCHED: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() -> Result<(), TestbedError> {
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).expect("as many files as are allowed");
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    if let [word, url] = arguments.as_slice()
        && word == "agents"
    {
        agents::run(url).await;
        return Ok(());
    }
    let counts = std::env::var("FLUX_BENCH_AGENTS").unwrap_or_else(|_| "1000 10000".to_owned());
    for count in counts.split_whitespace() {
        fleet(count.parse().expect("a number")).await?;
    }
    Ok(())
}

async fn fleet(count: usize) -> Result<(), TestbedError> {
    let folder = std::env::temp_dir().join(format!("flux-fleet-{}-{count}", std::process::id()));
    let mut testbed = Testbed::prepare(&folder, Programs::beside_this()?).await?;
    let config = folder.join("companion.yml");
    let text = std::fs::read_to_string(&config).expect("the config");
    let more =
        format!("limits: {{requests_per_second: 100000, connections: {}}}\nlog: {{level: warn}}\n", count + 1_000);
    std::fs::write(&config, text + &more).expect("written");
    let api = testbed.start_companion().await?;
    let servers = servers(&testbed, &api, count).await?;
    println!("{count} agents");
    let before = resident_bytes(companion(&mut testbed));

    let start = Instant::now();
    let mut crowd = Crowd::start(&format!("http://{}", testbed.store_address), servers.values());
    crowd.sessions(count).await;
    println!("  all connected after                        {:.1?}", start.elapsed());
    sleep(SETTLES).await;
    let pid = companion(&mut testbed);
    let weight = resident_bytes(pid).saturating_sub(before) as f64 / 1_024.0 / count as f64;
    println!(
        "  memory of the companion, each session      {weight:.1} KiB (all: {:.0} MB)",
        resident_bytes(pid) as f64 / 1_048_576.0
    );
    let worked = cpu(pid);
    sleep(WATCHED).await;
    let share = (cpu(pid) - worked).as_secs_f64() / WATCHED.as_secs_f64() * 100.0;
    println!("  processor at rest, pings included          {share:.1} % of a core");

    a_command_to_each(&api, &servers, &mut crowd).await?;

    testbed.kill(Who::Companion).await?;
    let start = Instant::now();
    testbed.start(Who::Companion).await?;
    let ready = start.elapsed();
    crowd.sessions(count).await;
    println!("  killed and started: ready after {ready:.1?}, all connected again after {:.1?}", start.elapsed());
    drop(crowd);
    testbed.kill(Who::Companion).await?;
    std::fs::remove_dir_all(&folder).map_err(|source| TestbedError::Io { what: "tidying up".into(), source })
}

fn companion(testbed: &mut Testbed) -> u32 {
    testbed.program(Who::Companion).pid().unwrap_or_default()
}

/// Adds this many servers; returns the token of each id.
async fn servers(testbed: &Testbed, api: &StoreApi, count: usize) -> Result<BTreeMap<String, String>, TestbedError> {
    let mut servers = BTreeMap::new();
    let mut adding = JoinSet::new();
    for number in 0..count {
        if adding.len() == AT_ONCE {
            servers.extend(adding.join_next().await.transpose().expect("no panic").transpose()?);
        }
        let (api, address) = (api.clone(), testbed.rcon_address.to_string());
        adding.spawn(async move {
            let body = json!({"name": format!("Server {number}"), "address": address});
            let server = api.post("/api/v1/servers", body).await?;
            let text = |key: &str| server[key].as_str().expect("a text").to_owned();
            Ok::<_, TestbedError>((text("id"), text("token")))
        });
    }
    for added in adding.join_all().await {
        servers.extend(Some(added?));
    }
    Ok(servers)
}

/// Sends orders of a thousand commands, each for another agent, and measures from the order's answer to the agent's receipt.
async fn a_command_to_each(
    api: &StoreApi,
    servers: &BTreeMap<String, String>,
    crowd: &mut Crowd,
) -> Result<(), TestbedError> {
    let ids: Vec<&String> = servers.keys().collect();
    let mut paid_at = BTreeMap::new();
    let (start, mut received) = (Instant::now(), Vec::new());
    for (number, ids) in ids.chunks(ORDER_COMMANDS).enumerate() {
        let template =
            |servers: &[&String]| json!({"command": "say hello", "servers": servers, "requireOnline": false});
        let commands: Vec<Value> = ids.chunks(TEMPLATE_SERVERS).map(template).collect();
        let package = json!({"name": "Each", "price": 1, "currency": "EUR", "commands": commands});
        api.put(&format!("/api/v1/packages/each{number}"), package).await?;
        let items = json!([{"packageId": format!("each{number}"), "quantity": 1}]);
        let order = json!({"customer": {"id": "c"}, "player": {"name": "Steve"}, "items": items, "amount": 1,
            "currency": "EUR", "status": "paid"});
        api.put(&format!("/api/v1/orders/o{number}"), order).await?;
        paid_at.insert(format!("o{number}"), SystemClock.now());
        received.extend(crowd.commands(ids.len()).await);
    }
    let took = start.elapsed();
    let mut times: Vec<Duration> = received
        .iter()
        .map(|(order, at)| Duration::try_from(at.duration_since(paid_at[order])).unwrap_or_default())
        .collect();
    times.sort_unstable();
    let at = |permille: usize| times[(times.len() - 1) * permille / 1_000].as_secs_f64() * 1_000.0;
    println!(
        "  a command to each, {ORDER_COMMANDS} an order:        p50 {:.0} ms, p99 {:.0} ms after the order's answer; {:.0} a second",
        at(500),
        at(990),
        times.len() as f64 / took.as_secs_f64()
    );
    Ok(())
}
