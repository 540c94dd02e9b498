//! The agent against stores that make mistakes, or mean harm: a script answers its REST calls, there is no session, and no
//! game. Nothing is lost by it, and nothing else stands still.

use flux_agent::Resources;
use flux_agent::config::{Config, Directories, LiveConfig, SecretSources};
use flux_agent::game::GameDialer;
use flux_agent::journal::Journal;
use flux_agent::upstream::{Call, Method, Rest, RestError};
use flux_platform::{DiskSpace, SystemClock, SystemEntropy, SystemdNotifier, simulate_disk_space};
use flux_protocol::{Command, CommandReport};
use flux_rcon::{ConnectError, Connection};
use flux_signalr::client::{BoxFuture, ByteStream, Dialer};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::future::pending;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Notify, mpsc};

const TOKEN: &str = "srv_abcdefghij12.0123456789abcdefghijABCDEFGHIJxy";

/// `journal.max_open_commands` of the agent.
const MAX_OPEN: usize = 6_000;

/// Decides on a call of reports: the acknowledged ids, or a refusal with this status.
type Judge = fn(&[CommandReport]) -> Result<Vec<String>, u16>;

/// A store that answers by a script.
struct Store {
    /// The answer to each poll; the last one again and again.
    polls: Mutex<Vec<Value>>,
    judge: Judge,
    acknowledged: Mutex<BTreeSet<String>>,
    /// Ids whose acknowledgement ends the test.
    wanted: BTreeSet<String>,
    done: Arc<Notify>,
}

impl Store {
    fn poll(&self) -> Value {
        let mut polls = self.polls.lock().unwrap();
        if polls.len() > 1 { polls.remove(0) } else { polls.first().cloned().unwrap_or(json!({"commands": []})) }
    }

    fn report(&self, body: &[u8]) -> Result<Value, RestError> {
        let body: Value = serde_json::from_slice(body).unwrap();
        let reports: Vec<CommandReport> = serde_json::from_value(body["reports"].clone()).unwrap();
        let acknowledged = (self.judge)(&reports).map_err(|status| RestError::Status {
            status,
            text: Some("no".into()),
            retry_after: None,
            is_own: true,
            rejects_token: false,
        })?;
        let mut all = self.acknowledged.lock().unwrap();
        all.extend(acknowledged.iter().cloned());
        if self.wanted.is_subset(&all) {
            self.done.notify_one();
        }
        Ok(json!({"acknowledged": acknowledged, "revoked": []}))
    }
}

impl Rest for Store {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Vec<u8>, RestError>> {
        let answer = match (call.method, call.path.as_str()) {
            (Method::Get, _) => Ok(self.poll()),
            (Method::Post, "/reports") => self.report(&call.body.unwrap_or_default()),
            (Method::Post, _) => Ok(json!({"commands": []})),
        };
        Box::pin(async move { answer.map(|answer| answer.to_string().into_bytes()) })
    }
}

/// No session and no game.
struct Away;

impl Dialer for Away {
    fn dial<'a>(&'a self, _: &'a str, _: u16, _: bool) -> BoxFuture<'a, io::Result<Box<dyn ByteStream>>> {
        Box::pin(async { Err(io::ErrorKind::ConnectionRefused.into()) })
    }
}

impl GameDialer for Away {
    fn dial(&self) -> BoxFuture<'_, Result<Connection, ConnectError>> {
        Box::pin(pending())
    }
}

fn command(id: &str) -> Value {
    json!({"id": id, "attempt": 1, "kind": "purchase", "player": {"name": "Steve"}, "command": "say {player}", "values": {},
        "requireOnline": true, "sequence": 1})
}

fn config(folder: &Path) -> Config {
    let path = folder.join("agent.yml");
    let state = folder.join("state");
    let text = format!(
        "store: {{url: http://store}}\nstate_dir: {}\njournal: {{max_open_commands: {MAX_OPEN}}}\n",
        state.display()
    );
    std::fs::write(&path, text).unwrap();
    let secrets = [("FLUX_AGENT_TOKEN", TOKEN), ("FLUX_AGENT_RCON_PASSWORD", "secret")];
    let sources = SecretSources::new(None, secrets.map(|(name, value)| (name.to_owned(), value.to_owned())));
    Config::load(&path, &sources, &Directories::default()).unwrap()
}

/// Runs an agent whose journal has these commands, until the store has acknowledged the wanted ids.
async fn run(commands: &[Value], polls: Vec<Value>, judge: Judge, wanted: &[&str]) -> Arc<Store> {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    let server = config.store.token.server_id();
    let mut journal = Journal::open(&config.state_dir, server, &SystemEntropy, Timestamp::UNIX_EPOCH).unwrap();
    let commands: Vec<Command> =
        commands.iter().map(|command| serde_json::from_value(command.clone()).unwrap()).collect();
    for batch in commands.chunks(500) {
        journal.deliver(batch, Timestamp::UNIX_EPOCH).unwrap();
    }
    let store = Arc::new(Store {
        polls: Mutex::new(polls),
        judge,
        acknowledged: Mutex::default(),
        wanted: wanted.iter().map(ToString::to_string).collect(),
        done: Arc::default(),
    });
    let (_reloads, reloads) = mpsc::channel(1);
    let resources = Resources {
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        journal,
        dialer: Arc::new(Away),
        game: Arc::new(Away),
        rest: store.clone(),
        control: None,
        metrics: None,
        notifier: SystemdNotifier::from_process(),
        loader: Box::new(|| Err("nothing reloads here".into())),
        reloads,
    };
    let done = Arc::clone(&store.done);
    flux_agent::run(LiveConfig::from(config), resources, done.notified()).await.unwrap();
    store
}

fn all(reports: &[CommandReport]) -> Vec<String> {
    reports.iter().map(|report| report.id.to_string()).collect()
}

fn old(count: usize) -> Vec<Value> {
    (0..count).map(|number| command(&format!("cmd_old{number}"))).collect()
}

#[tokio::test(start_paused = true)]
async fn reports_that_are_never_acknowledged_hold_up_no_other() {
    let judge: Judge = |reports| Ok(all(reports).into_iter().filter(|id| !id.starts_with("cmd_old")).collect());
    let polls = vec![json!({"commands": []}), json!({"commands": [command("cmd_new")]}), json!({"commands": []})];
    run(&old(400), polls, judge, &["cmd_new"]).await;
}

#[tokio::test(start_paused = true)]
async fn report_that_is_always_refused_holds_up_no_other() {
    let judge: Judge =
        |reports| if all(reports).contains(&"cmd_old7".to_owned()) { Err(422) } else { Ok(all(reports)) };
    let wanted: Vec<String> = (0..400).filter(|number| *number != 7).map(|number| format!("cmd_old{number}")).collect();
    let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    let store = run(&old(400), vec![], judge, &wanted).await;
    assert!(!store.acknowledged.lock().unwrap().contains("cmd_old7"));
}

#[tokio::test(start_paused = true)]
async fn repeated_deliveries_hold_up_no_new_report() {
    let repeated = json!({"commands": old(100)});
    let mut with_new = old(99);
    with_new.push(command("cmd_new"));
    // Only one report of each call is acknowledged.
    let judge: Judge = |reports| Ok(all(reports).into_iter().take(1).collect());
    run(&[], vec![repeated.clone(), repeated, json!({"commands": with_new})], judge, &["cmd_new"]).await;
}

#[tokio::test(start_paused = true)]
async fn hint_that_cannot_be_read_costs_no_command() {
    for hint in [json!(-1), json!("15"), json!(15.0), json!("NaN"), json!([]), json!(1e300)] {
        let poll =
            json!({"commands": [command("cmd_new")], "revoked": [], "now": "half past nine", "nextPollSeconds": hint});
        run(&[], vec![poll], |reports| Ok(all(reports)), &["cmd_new"]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn batch_over_the_limit_is_refused_as_a_whole() {
    let polls = vec![json!({"commands": old(501)}), json!({"commands": [command("cmd_new")]})];
    let store = run(&[], polls, |reports| Ok(all(reports)), &["cmd_new"]).await;
    assert_eq!(*store.acknowledged.lock().unwrap(), BTreeSet::from(["cmd_new".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn thousands_of_expired_commands_hold_up_no_new_one() {
    let mut expired = old(5_000);
    for command in &mut expired {
        command["expiresAt"] = json!("2020-01-01T00:00:00Z");
    }
    run(&expired, vec![json!({"commands": [command("cmd_new")]})], |reports| Ok(all(reports)), &["cmd_new"]).await;
}

/// The revocations make room; the store offers the rest again at each poll.
#[tokio::test(start_paused = true)]
async fn commands_beyond_the_limit_are_taken_once_there_is_room() {
    let over: Vec<Value> = (0..3).map(|number| command(&format!("cmd_over{number}"))).collect();
    let revoked: Vec<Value> =
        (0..3).map(|number| json!({"id": format!("cmd_old{number}"), "attempt": 1, "redelivered": false})).collect();
    let poll = |revoked: &[Value]| json!({"commands": over, "revoked": revoked});
    // What was revoked is reported before there is any of the rest.
    let judge: Judge = |reports| {
        let is_revoked = |report: &CommandReport| report.state.status() == "cancelled";
        let (revoked, over) =
            (reports.iter().any(is_revoked), all(reports).iter().any(|id| id.starts_with("cmd_over")));
        assert!(!(revoked && over), "{reports:?}");
        Ok(all(reports))
    };
    let polls = vec![poll(&[]), poll(&[]), poll(&revoked), poll(&[])];
    let store = run(&old(MAX_OPEN), polls, judge, &["cmd_over0", "cmd_over1", "cmd_over2"]).await;
    assert_eq!(store.acknowledged.lock().unwrap().len(), MAX_OPEN + 3);
}

#[tokio::test(start_paused = true)]
async fn nothing_new_is_taken_while_the_disk_is_nearly_full() {
    const MIB: u64 = 1024 * 1024;
    static FREED: AtomicBool = AtomicBool::new(false);
    let total = 1024 * 1024 * MIB;
    simulate_disk_space(Some(DiskSpace { free: 255 * MIB, total }));
    tokio::spawn(async move {
        // Many polls later.
        tokio::time::sleep(Duration::from_secs(3_600)).await;
        FREED.store(true, Ordering::Relaxed);
        simulate_disk_space(Some(DiskSpace { free: 256 * MIB, total }));
    });
    let poll = json!({"commands": [command("cmd_new"), command("cmd_old0")], "revoked": []});
    let judge: Judge = |reports| {
        let has_new = all(reports).iter().any(|id| id == "cmd_new");
        assert!(!has_new || FREED.load(Ordering::Relaxed), "{reports:?}");
        Ok(all(reports))
    };
    run(&old(1), vec![poll], judge, &["cmd_old0", "cmd_new"]).await;
    simulate_disk_space(None);
}
