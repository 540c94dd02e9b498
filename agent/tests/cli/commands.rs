//! The subcommands of `flux-agent` that need neither daemon nor network.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};
use tempfile::TempDir;

const TOKEN: &str = "srv_abcdefghij12.0123456789abcdefghijABCDEFGHIJxy";

fn agent(folder: &TempDir, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flux-agent"));
    command.arg("--config").arg(folder.path().join("config.yml")).args(arguments).output().unwrap()
}

fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("config.yml");
    let text = format!(
        "store:\n  url: http://127.0.0.1:9\n  token: {TOKEN}\nrcon:\n  address: 127.0.0.1:9\n  password: planted-secret\n\
         state_dir: {0}/state\nruntime_dir: {0}/run\n",
        folder.path().display()
    );
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    folder
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn policy_test_names_the_deciding_rule() {
    let folder = folder();
    let denied = agent(&folder, &["policy", "test", "execute", "as", "@a", "run", "minecraft:OP", "Steve"]);
    assert_eq!(denied.status.code(), Some(1));
    assert!(stdout(&denied).contains("denied by policy.deny `op`"), "{}", stdout(&denied));
    let allowed = agent(&folder, &["policy", "test", "give", "Steve", "diamond"]);
    assert_eq!((allowed.status.code(), stdout(&allowed).as_str()), (Some(0), "allowed\n"));
}

#[test]
fn policy_test_names_the_part_of_the_line() {
    let folder = folder();
    let line = ["policy", "test", "--json", "execute", "as", "@a", "run", "lp", "user", "x", "permission", "set", "*"];
    let denied: serde_json::Value = serde_json::from_str(&stdout(&agent(&folder, &line))).unwrap();
    assert_eq!((&denied["pattern"], &denied["part"]), (&"lp * \\*".into(), &"lp user x permission set *".into()));
    let hidden = agent(&folder, &["policy", "test", "give\u{200b}", "Steve"]);
    assert_eq!(hidden.status.code(), Some(1));
    let error = String::from_utf8(hidden.stderr).unwrap();
    assert!(error.contains("invisible character U+200B at position 5"), "{error}");
}

#[test]
fn policy_suggest_without_a_journal_is_an_empty_list() {
    let suggested = agent(&folder(), &["policy", "suggest"]);
    assert_eq!(suggested.status.code(), Some(0));
    assert!(stdout(&suggested).contains("policy:\n  mode: strict\n  allow: []"), "{}", stdout(&suggested));
}

#[test]
fn answer_test_names_the_deciding_rule() {
    let folder = folder();
    let away = agent(&folder, &["answer", "test", "No player was found"]);
    assert_eq!(away.status.code(), Some(1));
    assert!(stdout(&away).starts_with("awaiting_player (by the built-in pattern"), "{}", stdout(&away));
    let unknown = agent(&folder, &["answer", "test", "done"]);
    assert_eq!((unknown.status.code(), stdout(&unknown).as_str()), (Some(0), "completed (no pattern matched)\n"));
}

#[test]
fn documents_are_printed_without_a_config() {
    let nothing = TempDir::new().unwrap();
    assert_eq!(stdout(&agent(&nothing, &["print-default-config"])), flux_agent::config::example());
    assert_eq!(stdout(&agent(&nothing, &["config-schema"])), flux_agent::config::SCHEMA);
    for shell in ["bash", "zsh", "fish"] {
        assert!(stdout(&agent(&nothing, &["completions", shell])).contains("print-default-config"), "{shell}");
    }
    let page = stdout(&agent(&nothing, &["man"]));
    for text in [".TH flux-agent", "flux-agent queue retry", "flux-agent token set", "78 configuration"] {
        assert!(page.contains(text), "{text}: {page}");
    }
}

#[test]
fn daemon_requests_exit_with_69_without_a_daemon() {
    let folder = folder();
    let questions: [&[&str]; 7] = [
        &["status"],
        &["queue", "list"],
        &["queue", "show", "cmd_1"],
        &["queue", "retry", "cmd_1"],
        &["queue", "drop", "cmd_1", "--reason", "x"],
        &["poll"],
        &["reload"],
    ];
    for question in questions {
        let output = agent(&folder, question);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(69), "{question:?}: {text}");
        assert!(text.contains("no flux-agent answers at"), "{text}");
    }
}

#[test]
fn exit_code_shows_the_kind_of_error() {
    let folder = folder();
    let code = |arguments: &[&str]| agent(&folder, arguments).status.code();
    assert_eq!(code(&["queue", "list", "--state", "lost"]), Some(64), "the command line");
    assert_eq!(code(&["rcon", "op", "Steve"]), Some(77), "the policy");
    assert_eq!(code(&["rcon", "list"]), Some(69), "no game");
    assert_eq!(code(&["check"]), Some(0));
    assert_eq!(code(&["check", "--online"]), Some(69), "neither game nor store");
    assert_eq!(agent(&TempDir::new().unwrap(), &["check"]).status.code(), Some(78), "no config");
}

#[test]
fn check_online_reports_each_part_and_shows_no_secret() {
    let folder = folder();
    let output = agent(&folder, &["check", "--online"]);
    let text = stdout(&output) + &String::from_utf8(output.stderr).unwrap();
    for part in [
        "config     ok",
        "state      ok",
        "journal    ok",
        "game       FAILED no RCON at",
        "store      FAILED cannot reach 127.0.0.1:9",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("planted-secret") && !text.contains(&TOKEN[17..]), "{text}");
    let json: serde_json::Value =
        serde_json::from_slice(&agent(&folder, &["check", "--online", "--json"]).stdout).unwrap();
    assert_eq!(json[0]["what"], "config");
}

#[test]
fn policy_and_answer_are_tested_with_a_broken_config() {
    let folder = folder();
    let path = folder.path().join("config.yml");
    let stderr = |output: &Output| String::from_utf8(output.stderr.clone()).unwrap();
    let patterns = "policy:\n  deny: [give *]\ndelivery:\n  failure_patterns: [^Nope]\n";
    std::fs::write(&path, format!("polling:\n  min: 15\n{patterns}")).unwrap();
    let denied = agent(&folder, &["policy", "test", "give", "Steve", "diamond"]);
    assert_eq!(denied.status.code(), Some(1), "{}", stderr(&denied));
    assert!(stdout(&denied).contains("policy.deny `give *`"), "{}", stdout(&denied));
    assert!(stderr(&denied).contains("used only policy of ") && stderr(&denied).contains("flux-agent check"));
    let failed = agent(&folder, &["answer", "test", "Nope"]);
    assert!(stdout(&failed).contains("failure_patterns"), "{} {}", stdout(&failed), stderr(&failed));
    assert!(stderr(&failed).contains("used only delivery of "), "{}", stderr(&failed));

    std::fs::write(&path, "policy: [\n").unwrap();
    let denied = agent(&folder, &["policy", "test", "op", "Steve"]);
    assert_eq!(denied.status.code(), Some(1));
    assert!(stderr(&denied).contains("used the defaults of policy"), "{}", stderr(&denied));

    std::fs::write(&path, "policy:\n  deny: 7\n").unwrap();
    let wrong = agent(&folder, &["policy", "test", "op", "Steve"]);
    assert_eq!(wrong.status.code(), Some(78), "a mistake in the section itself");
    assert!(stderr(&wrong).contains("policy.deny"), "{}", stderr(&wrong));
}
