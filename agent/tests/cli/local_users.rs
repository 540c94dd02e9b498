//! An agent that is run by hand beside other users of the machine: they read, write and stop nothing of it.

use crate::daemon::Daemon;
use crate::support::Host;
use rustix::fs::{CWD, Mode, mkfifoat};
use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, ErrorKind};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

const ANOTHER_USER: u32 = 12_345;

fn host() -> Host {
    Host::new("http://127.0.0.1:9")
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn allow(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// The command, run by a shell with a umask that takes nothing away.
fn generous(command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", "umask 0; exec \"$0\" \"$@\""]).arg(command.get_program()).args(command.get_args());
    shell
}

#[test]
fn everything_that_run_creates_is_private_whatever_the_umask() {
    let host = host();
    let daemon = Daemon::spawn(generous(&host.command(&["run"])));
    assert_eq!(mode(&host.path("state")), 0o700);
    let names: Vec<_> = fs::read_dir(host.path("state")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(names.len() >= 4, "{names:?}");
    for name in names {
        assert_eq!(mode(&name), 0o600, "{}", name.display());
    }
    assert_eq!((mode(&host.path("run")), mode(&host.path("run/control.sock"))), (0o750, 0o660), "for the group");
    let limits = fs::read_to_string(format!("/proc/{}/limits", daemon.0.id())).unwrap();
    let core: Vec<_> = limits.lines().find(|line| line.starts_with("Max core")).unwrap().split_whitespace().collect();
    assert_eq!(core[4..6], ["0", "0"], "{limits}");
}

/// Even where the directories above let others in, and the umask gives everything away.
#[test]
fn another_user_opens_nothing_of_a_running_agent() {
    let host = host();
    allow(host.folder.path(), 0o755);
    let _daemon = Daemon::spawn(generous(&host.command(&["run"])));
    let files = ["state/journal.db", "state/journal.db-shm", "state/journal.lock", "config.yml", "token"];
    for name in files {
        let mut other = Command::new("head");
        other.args(["-c", "1"]).env("LC_ALL", "C").arg(host.path(name)).uid(ANOTHER_USER).gid(ANOTHER_USER);
        match other.output() {
            Ok(output) => {
                let error = String::from_utf8(output.stderr).unwrap();
                assert!(error.contains("Permission denied"), "{name}: {error}");
            }
            // Only root can be another user: for others, the modes are tested above.
            Err(error) => assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}"),
        }
    }
}

#[test]
fn files_of_an_earlier_start_are_taken_from_others() {
    let host = host();
    drop(Daemon::spawn(host.command(&["run"])));
    allow(&host.path("state/journal.db"), 0o644);
    allow(&host.path("state/journal.lock"), 0o666);
    let _daemon = Daemon::spawn(host.command(&["run"]));
    for name in ["journal.db", "journal.lock", "journal.db-shm"] {
        assert_eq!(mode(&host.path("state").join(name)) & 0o007, 0, "{name}");
    }
}

#[test]
fn state_directory_that_others_may_write_is_refused() {
    let host = host();
    fs::create_dir(host.path("state")).unwrap();
    allow(&host.path("state"), 0o777);
    let state = host.path("state").display().to_string();
    for command in ["run", "check"] {
        let (exit, text) = host.run(&[command]);
        let words = format!("{state} can be written by everyone (mode 0777); run: chmod o-w {state}; or set state_dir");
        assert!(exit == 78 && text.contains(&words), "{command}: {exit} {text}");
    }
    assert_eq!(fs::read_dir(host.path("state")).unwrap().count(), 0, "nothing was created");
}

#[test]
fn state_directory_that_others_may_read_is_named() {
    let host = host();
    fs::create_dir(host.path("state")).unwrap();
    allow(&host.path("state"), 0o755);
    let state = host.path("state").display().to_string();
    let words = format!("{state} can be read by everyone (mode 0755); run: chmod o-rwx {state}");
    let (exit, text) = host.run(&["check"]);
    assert!(exit == 0 && text.contains(&format!("state_dir  warn   {words}")), "{exit} {text}");
    let mut daemon = host.command(&["run"]).stderr(Stdio::piped()).spawn().unwrap();
    let line = BufReader::new(daemon.stderr.take().unwrap())
        .lines()
        .map(Result::unwrap)
        .find(|line| line.contains("a setting is not safe") || line.contains("flux-agent started"))
        .unwrap();
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    assert!(line.contains("a setting is not safe") && line.contains(&words), "{line}");
}

#[test]
fn link_in_place_of_a_file_of_the_journal_is_refused() {
    for name in ["journal.lock", "journal.db", "journal.db-wal", "journal.db-shm"] {
        for exists in [true, false] {
            let host = host();
            fs::create_dir(host.path("state")).unwrap();
            allow(&host.path("state"), 0o700);
            let victim = host.path("victim");
            if exists {
                fs::write(&victim, "precious").unwrap();
            }
            symlink(&victim, host.path("state").join(name)).unwrap();
            let (exit, text) = host.run(&["run"]);
            assert!(exit == 78 && text.contains(&format!("{name} is a link")), "{name}: {exit} {text}");
            assert_eq!(fs::read_to_string(&victim).ok().as_deref(), exists.then_some("precious"), "{name}");
            assert_eq!(host.run(&["policy", "suggest"]).0, 78, "{name} is not read either");
        }
    }
}

#[test]
fn config_that_others_may_write_is_refused() {
    let host = host();
    let path = host.path("config.yml");
    allow(&path, 0o666);
    let words = format!("{0}: can be written by everyone (mode 0666); run: chmod o-w {0}", path.display());
    for command in [&["run"][..], &["check"], &["policy", "test", "list"]] {
        let (exit, text) = host.run(command);
        assert!(exit == 78 && text.contains(&words), "{command:?}: {exit} {text}");
    }
    // It reads its input first.
    let (exit, text) = host.run_with(&["token", "set"], crate::support::NEW_TOKEN);
    assert!(exit == 78 && text.contains(&words), "{exit} {text}");
    allow(&path, 0o600);
    allow(&host.path("token"), 0o602);
    let (exit, text) = host.run(&["check"]);
    assert!(exit == 78 && text.contains("can be written by everyone (mode 0602)"), "{exit} {text}");
    allow(&host.path("token"), 0o600);
    // Only root can give a file away; the rule itself is tested with any user in flux-config.
    if chown(&path, Some(ANOTHER_USER), None).is_ok() {
        let words = format!("belongs to user {ANOTHER_USER}, who may write it; run this as that user, or");
        let (exit, text) = host.run(&["check"]);
        assert!(exit == 78 && text.contains(&words), "{exit} {text}");
    }
}

#[test]
fn fifo_holds_up_no_check() {
    let host = host();
    fs::remove_file(host.path("token")).unwrap();
    for name in ["token", "latest.log", "ca.pem"] {
        mkfifoat(CWD, host.path(name), Mode::RUSR | Mode::WUSR).unwrap();
    }
    let (exit, text) = host.run(&["check"]);
    assert!(exit == 78 && text.contains("token is not a regular file"), "{exit} {text}");
    fs::remove_file(host.path("token")).unwrap();
    host.write("token", crate::support::TOKEN);
    host.write("config.yml", &(host.read("config.yml") + "presence: {log_file: ./latest.log}\n"));
    let (_, text) = host.run(&["check", "--online"]);
    assert!(text.contains("latest.log: it is not a file"), "{text}");
    host.write("config.yml", &host.read("config.yml").replace("store:\n", "store:\n  ca_file: ./ca.pem\n"));
    let (_, text) = host.run(&["check", "--online"]);
    assert!(text.contains("ca.pem: it is not a regular file"), "{text}");
}

#[test]
fn unencrypted_connections_are_named_by_check_and_status() {
    let host = Host::new("http://store.invalid");
    host.write("config.yml", &host.read("config.yml").replace("127.0.0.1:9", "203.0.113.5:25575"));
    let (store, game) = ("http://store.invalid is not encrypted", "203.0.113.5:25575 is outside this machine");
    let (exit, text) = host.run(&["check"]);
    assert_eq!(exit, 0, "{text}");
    assert!(text.contains(&format!("store.url  warn   the connection to {store}")), "{text}");
    assert!(text.contains(&format!("rcon       warn   {game}")), "{text}");
    let _daemon = Daemon::spawn(host.command(&["run"]));
    let (_, text) = host.run(&["status", "--json"]);
    let status: serde_json::Value = serde_json::from_str(&text).unwrap();
    for (part, words) in [("store", store), ("game", game)] {
        let warning = status[part]["warnings"][0].as_str().unwrap();
        assert!(warning.contains(words), "{warning}");
    }
}

/// `sudo flux-agent check` looks at the files of the service's user.
#[test]
fn root_checks_the_directory_of_another_user_and_runs_no_agent_in_it() {
    let host = host();
    fs::create_dir(host.path("state")).unwrap();
    allow(&host.path("state"), 0o700);
    // Only root can give a directory away, and only root can look into it then.
    if chown(host.path("state"), Some(ANOTHER_USER), None).is_ok() {
        let (exit, text) = host.run(&["check"]);
        assert!(exit == 0 && !text.contains("state_dir"), "{exit} {text}");
        let (exit, text) = host.run(&["run"]);
        let words = "or run the agent as its owner";
        assert!(exit == 78 && text.contains(words), "{exit} {text}");
    }
}
