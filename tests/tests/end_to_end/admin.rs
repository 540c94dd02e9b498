//! The admin's work with the daemon: status, queue, single commands, config reload, token rotation, metrics, and systemd.
//!
//! These tests block on child processes, so the link between agent and companion needs threads of its own.

use crate::test_env::{LIMIT, TestEnv};
use flux_testkit::testbed::{Programs, Who, until};
use serde_json::{Value, json};
use std::io::Write;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Output, Stdio};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Runs `flux-agent` with the test environment's config.
fn agent(env: &TestEnv, arguments: &[&str]) -> Output {
    command(env, arguments).output().unwrap()
}

fn command(env: &TestEnv, arguments: &[&str]) -> Command {
    let mut command = Command::new(Programs::beside_this().unwrap().agent);
    command.arg("--config").arg(env.testbed.folder().join("agent.yml")).args(arguments);
    command
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn done(env: &TestEnv, arguments: &[&str]) -> String {
    let output = agent(env, arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn json_of(env: &TestEnv, arguments: &[&str]) -> Value {
    serde_json::from_str(&done(env, arguments)).unwrap()
}

/// Changes the text of the agent's config.
fn rewrite(env: &TestEnv, change: impl FnOnce(String) -> String) {
    let path = env.testbed.folder().join("agent.yml");
    std::fs::write(&path, change(std::fs::read_to_string(&path).unwrap())).unwrap();
}

/// Sends a signal to the daemon. Its process id is in the lock file.
fn signal(env: &TestEnv, name: &str) {
    let pid = std::fs::read_to_string(env.testbed.folder().join("state/journal.lock")).unwrap();
    assert!(Command::new("kill").arg(name).arg(pid.trim()).status().unwrap().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn held_command_is_shown_and_retried_by_hand() {
    let env = TestEnv::start_with(&["Steve"], "delivery:\n  proof: none\n").await;
    env.testbed.game("fault lose-reply 1 give").await.unwrap();
    env.pay("order-1", "Steve", "diamonds", 1).await;
    let id = env.command_is("order-1", "failed").await["id"].as_str().unwrap().to_owned();
    let acknowledged =
        || async { Ok((json_of(&env, &["queue", "show", &id, "--json"])["acknowledged"] == true).then_some(())) };
    until("the acknowledgement", LIMIT, acknowledged).await.unwrap();
    let listed = json_of(&env, &["queue", "list", "--state", "failed", "--player", "steve", "--json"]);
    assert_eq!((&listed["jobs"][0]["id"], &listed["jobs"][0]["reason"]), (&json!(id), &json!("uncertain")));
    let refused = agent(&env, &["queue", "drop", &id, "--reason", "x"]);
    assert_eq!(refused.status.code(), Some(1), "{}", text(&refused));
    assert_eq!(done(&env, &["queue", "retry", &id]), "it runs once more\n");
    env.delivered("order-1").await;
    let show = json_of(&env, &["queue", "show", &id, "--json"]);
    let events: Vec<&str> =
        show["history"].as_array().unwrap().iter().map(|entry| entry["event"].as_str().unwrap()).collect();
    for event in ["received", "running", "answer_lost", "settled", "acknowledged", "retried_by_hand", "completed"] {
        assert!(events.contains(&event), "{event}: {events:?}");
    }
    let printed = done(&env, &["queue", "show", &id]);
    assert!(printed.contains("runs       give Steve diamond 1\n") && printed.contains("retried_by_hand"), "{printed}");
    let unknown = agent(&env, &["queue", "retry", "cmd_unknown"]);
    assert_eq!(unknown.status.code(), Some(1), "{}", text(&unknown));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_commands_are_listed_and_dropped_without_a_game() {
    let mut env = TestEnv::start(&[]).await;
    env.pay("order-1", "Alex", "diamonds", 1).await;
    env.pay("order-2", "Alex", "diamonds", 1).await;
    let id = env.command_is("order-1", "awaiting_player").await["id"].as_str().unwrap().to_owned();
    let second = env.command_is("order-2", "awaiting_player").await["id"].as_str().unwrap().to_owned();
    let printed = done(&env, &["queue", "list"]);
    assert!(printed.contains(&id) && printed.contains("player_offline") && printed.contains("Alex"), "{printed}");
    assert!(!printed.contains('…'), "nothing is cut in a pipe: {printed}");
    let show = done(&env, &["queue", "show", &id[..12]]);
    assert!(show.contains(&format!("command    {id}\n")), "the beginning of an id names it: {show}");
    let both = agent(&env, &["queue", "drop", "cmd_", "--reason", "x"]);
    assert!(!both.status.success() && text(&both).contains("begins more than one id"), "{}", text(&both));
    let of_order = done(&env, &["queue", "list", "--order", "order-2"]);
    assert!(of_order.contains(&second) && !of_order.contains(&id), "{of_order}");
    assert_eq!(done(&env, &["queue", "drop", &id, "--reason", "asked by mail"]), "it is reported as cancelled\n");
    env.command_is("order-1", "cancelled").await;
    env.testbed.kill(Who::Game).await.unwrap();
    env.logged("agent.log", "game unreachable").await;
    done(&env, &["queue", "drop", &second, "--reason", "asked by mail"]);
    env.command_is("order-2", "cancelled").await;
    assert_eq!(done(&env, &["queue", "list"]), "no matching jobs\n");
    assert!(done(&env, &["queue", "list", "--all"]).contains(&second));
}

/// The log is searched by order and by player, and `journalctl -p warning` shows a package's typo.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_names_order_and_player_and_warns_of_a_typo() {
    let env = TestEnv::start(&["Steve"]).await;
    env.package("typo", json!({"command": "gvie {player} diamond 5"})).await;
    env.pay("order-1", "Steve", "typo", 1).await;
    env.pay("order-2", "Steve", "diamonds", 1).await;
    env.delivered("order-2").await;
    env.logged("agent.log", "command rejected by the game").await;
    let id = env.command("order-2").await["id"].as_str().unwrap().to_owned();
    env.logged("agent.log", &format!("report acknowledged command.id={id} order.id=order-2 player.name=Steve")).await;
    let log = env.log("agent.log");
    let typo = log.lines().find(|line| line.contains("command rejected by the game")).unwrap();
    assert!(typo.contains(" WARN ") && typo.contains("order.id=order-1 player.name=Steve"), "{typo}");
    let unnamed: Vec<&str> =
        log.lines().filter(|line| line.contains("command.id=") && !line.contains("player.name=Steve")).collect();
    assert!(unnamed.is_empty(), "{unnamed:#?}");
    let show = done(&env, &["queue", "show", &id]);
    assert!(show.contains("runs       give Steve diamond 1\n"), "{show}");
    assert!(show.contains("sent as    execute store success storage flux:proof"), "{show}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn game_command_uses_the_daemons_connection_and_policy() {
    let mut env = TestEnv::start(&["Steve"]).await;
    assert!(done(&env, &["rcon", "give", "Steve", "diamond", "2"]).contains("Gave 2 [Diamond] to Steve"));
    assert_eq!(agent(&env, &["rcon", "op", "Steve"]).status.code(), Some(77));
    assert!(done(&env, &["rcon", "--no-policy", "op", "Steve"]).len() > 1);
    assert!(done(&env, &["players"]).contains("Steve"));
    assert_eq!(json_of(&env, &["players", "--json"])["players"], json!(["Steve"]));
    assert!(done(&env, &["poll"]).contains("items received: 0"));
    let checks = json_of(&env, &["check", "--online", "--json"]);
    let failed: Vec<&Value> = checks.as_array().unwrap().iter().filter(|check| check["ok"] != true).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    for what in ["config", "state", "runtime", "journal", "daemon", "game", "presence", "store", "clock"] {
        assert!(checks.as_array().unwrap().iter().any(|check| check["what"] == what), "{what}: {checks}");
    }
    env.testbed.stop(Who::Agent).await.unwrap();
    assert!(
        done(&env, &["rcon", "give", "Steve", "diamond", "1"]).contains("Gave 1 [Diamond]"),
        "without a daemon too"
    );
    assert!(done(&env, &["players"]).contains("Steve"));
    assert_eq!(agent(&env, &["poll"]).status.code(), Some(69));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_config_keeps_the_old_one_until_it_is_fixed() {
    let env = TestEnv::start(&["Steve"]).await;
    rewrite(&env, |config| config + "log: {level: planted}\n");
    assert_eq!(agent(&env, &["reload"]).status.code(), Some(78), "checked before the daemon is asked");
    signal(&env, "-HUP");
    env.logged("agent.log", "failed to reload the configuration").await;
    let status = json_of_broken(&env).await;
    assert!(status["config"]["error"].as_str().unwrap().contains("log.level: is not one of the choices"), "{status}");
    env.pay("order-1", "Steve", "diamonds", 1).await;
    env.delivered("order-1").await;
    rewrite(&env, |config| config.replace("log: {level: planted}", "log: {level: debug}\npolicy: {deny: [give]}"));
    let printed = done(&env, &["reload"]);
    assert_eq!(printed, "in force now: policy, log.level\n");
    env.pay("order-2", "Steve", "diamonds", 1).await;
    assert_eq!(env.command_is("order-2", "failed").await["reason"], "blocked_by_policy");
    rewrite(&env, |config| config.replace("/run\n", "/run2\n"));
    let printed = agent_at(&env, "run", &["reload"]);
    assert!(printed.contains("needs a restart: runtime_dir"), "{printed}");
}

/// The status of the daemon while its config is broken. `status` reads a config too, so it gets a valid one for the same socket.
async fn json_of_broken(env: &TestEnv) -> Value {
    serde_json::from_str(&agent_at(env, "run", &["status", "--json"])).unwrap()
}

/// Runs `flux-agent` with a config of its own for this runtime directory; the daemon keeps its own file.
fn agent_at(env: &TestEnv, runtime: &str, arguments: &[&str]) -> String {
    let folder = env.testbed.folder();
    let path = folder.join("asking.yml");
    let config = format!(
        "store:\n  url: http://127.0.0.1:9\n  token_file: {0}/token\nrcon:\n  password_file: {0}/rcon-password\nruntime_dir: {0}/{runtime}\n",
        folder.display()
    );
    std::fs::write(&path, config).unwrap();
    let mut command = Command::new(Programs::beside_this().unwrap().agent);
    let output = command.arg("--config").arg(path).args(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_rcon_password_and_address_apply_between_two_lines() {
    let mut env = TestEnv::start(&["Steve"]).await;
    let password = env.testbed.folder().join("rcon-password");
    env.testbed.kill(Who::Game).await.unwrap();
    std::fs::write(&password, "the-next-password").unwrap();
    env.testbed.start(Who::Game).await.unwrap();
    env.pay("order-1", "Steve", "diamonds", 1).await;
    env.logged("agent.log", "the game refused the RCON password").await;
    assert_eq!(done(&env, &["reload"]), "in force now: rcon\n");
    env.delivered("order-1").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn repeated_token_rotation_loses_and_repeats_nothing() {
    const ROTATIONS: u64 = 50;
    const ORDERS: u64 = 50;
    const PER_ORDER: u64 = 100;
    let env = TestEnv::start(&["Steve"]).await;
    env.package("say", json!({"command": "say {order}"})).await;
    for number in 0..ORDERS {
        env.pay(&format!("order-{number}"), "Steve", "say", PER_ORDER).await;
    }
    for _ in 0..ROTATIONS {
        let answer = env.api.post(&format!("/api/v1/servers/{}/token", env.server), json!({})).await.unwrap();
        let mut setting = command(&env, &["token", "set"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        setting.stdin.take().unwrap().write_all(answer["token"].as_str().unwrap().as_bytes()).unwrap();
        let output = tokio::task::spawn_blocking(move || setting.wait_with_output().unwrap()).await.unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
        assert!(text(&output).contains("in force now: store.token"), "{}", text(&output));
    }
    for number in 0..ORDERS {
        env.delivered(&format!("order-{number}")).await;
    }
    let runs = env.runs().await;
    for number in 0..ORDERS {
        assert_eq!(runs[&format!("say order-{number}")] as u64, PER_ORDER, "order-{number}");
    }
    env.online().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_new_token_is_refused_and_the_old_one_kept() {
    let env = TestEnv::start(&[]).await;
    let before = std::fs::read_to_string(env.testbed.folder().join("token")).unwrap();
    let (id, _) = env.token.split_once('.').unwrap();
    for (wrong, exit) in [(format!("{id}.{}", "0".repeat(32)), 1), ("nonsense".to_owned(), 1)] {
        let mut setting =
            command(&env, &["token", "set"]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        setting.stdin.take().unwrap().write_all(wrong.as_bytes()).unwrap();
        let output = tokio::task::spawn_blocking(move || setting.wait_with_output().unwrap()).await.unwrap();
        assert_eq!(output.status.code(), Some(exit), "{}", text(&output));
        assert!(!text(&output).contains(&wrong), "{}", text(&output));
    }
    assert_eq!(std::fs::read_to_string(env.testbed.folder().join("token")).unwrap().trim(), before.trim());
}

pub async fn get(address: &str, path: &str) -> (u16, String) {
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_and_health_match_the_state() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut env = TestEnv::start_with(&["Steve"], &format!("metrics: {{listen: \"{free}\"}}\n")).await;
    env.pay("order-1", "Steve", "diamonds", 2).await;
    env.pay("order-2", "Alex", "diamonds", 1).await;
    env.delivered("order-1").await;
    env.command_is("order-2", "awaiting_player").await;
    let (status, page) = get(&free, "/metrics").await;
    assert_eq!(status, 200);
    for line in [
        "flux_agent_queue_jobs{state=\"completed\"} 2",
        "flux_agent_queue_jobs{state=\"awaiting_player\"} 1",
        "flux_agent_queue_jobs{state=\"uncertain\"} 0",
        "flux_agent_attempts_total{outcome=\"completed\"} 2",
        "flux_agent_session_state{state=\"connected\"} 1",
        "flux_agent_config_reloads_total{outcome=\"failed\"} 0",
        "flux_agent_list_command{command=\"list uuids\"} 1",
        "flux_agent_game_up 1",
        "flux_agent_players 1",
    ] {
        assert!(page.lines().any(|found| found == line), "{line}: {page}");
    }
    if let Some(folder) = std::env::var_os("FLUX_METRICS_SAMPLE") {
        std::fs::write(folder, &page).unwrap();
    }
    assert_eq!(get(&free, "/health/live").await, (200, "ok\n".into()));
    assert_eq!(get(&free, "/health/ready").await, (200, "ok\n".into()));
    assert_eq!(get(&free, "/").await.0, 404);
    env.testbed.kill(Who::Game).await.unwrap();
    let not_ready = || async { Ok((get(&free, "/health/ready").await.0 == 503).then_some(())) };
    until("503 without a game", LIMIT, not_ready).await.unwrap();
    assert_eq!(get(&free, "/health/live").await.0, 200, "an outage is no stall");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn systemd_gets_start_watchdog_reload_and_stop() {
    let env = TestEnv::without_agent(&[]).await;
    env.testbed.write_agent_config(&env.token, "").unwrap();
    let socket = env.testbed.folder().join("notify");
    let systemd = UnixDatagram::bind(&socket).unwrap();
    systemd.set_read_timeout(Some(LIMIT)).unwrap();
    let notified = |wanted: &'static str| {
        let (mut bytes, mut all) = ([0; 4096], String::new());
        loop {
            let length = systemd.recv(&mut bytes).unwrap_or_else(|error| panic!("{wanted}: {error}"));
            all += &String::from_utf8_lossy(&bytes[..length]);
            if all.lines().any(|line| line.starts_with(wanted)) {
                return all;
            }
        }
    };
    let mut daemon = command(&env, &["run"]);
    daemon.env("NOTIFY_SOCKET", &socket).env("WATCHDOG_USEC", "3000000").stderr(Stdio::null());
    let mut daemon = tokio::process::Command::from(daemon).kill_on_drop(true).spawn().unwrap();
    let printed = notified("READY=1");
    assert!(printed.contains("STATUS=store "), "{printed}");
    notified("WATCHDOG=1");
    signal(&env, "-HUP");
    notified("RELOADING=1");
    notified("READY=1");
    signal(&env, "-TERM");
    notified("STOPPING=1");
    assert!(daemon.wait().await.unwrap().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_in_any_output_at_any_level_in_any_format() {
    for format in ["text", "json", "auto"] {
        let env = TestEnv::start_with(&["Steve"], &format!("log: {{level: trace, format: {format}}}\n")).await;
        env.pay("order-1", "Steve", "diamonds", 1).await;
        env.delivered("order-1").await;
        let id = env.command("order-1").await["id"].as_str().unwrap().to_owned();
        let mut printed = String::new();
        let outputs: [&[&str]; 10] = [
            &["status"],
            &["status", "--json"],
            &["check", "--online"],
            &["queue", "list", "--state", "completed"],
            &["queue", "show", &id],
            &["players"],
            &["poll"],
            &["reload"],
            &["rcon", "list"],
            &["print-default-config"],
        ];
        for arguments in outputs {
            printed += &text(&agent(&env, arguments));
        }
        printed += &env.log("agent.log");
        let secret = env.token.split_once('.').unwrap().1;
        let password = std::fs::read_to_string(env.testbed.folder().join("rcon-password")).unwrap();
        assert!(printed.contains(&id), "something was searched");
        assert!(!printed.contains(secret) && !printed.contains(password.trim()), "{format}");
    }
}
