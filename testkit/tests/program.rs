//! The program `flux-sandbox`: a game in its own process, controlled over the control port, and killed.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use flux_rcon::{Connection, Outcome, Timeouts};

const PROGRAM: &str = env!("CARGO_BIN_EXE_flux-sandbox");

struct Process {
    child: Child,
    rcon: String,
    control: String,
}

impl Process {
    fn start(folder: &Path, more: &[&str]) -> Process {
        std::fs::write(folder.join("password"), "secret\n").unwrap();
        let mut child = Command::new(PROGRAM)
            .current_dir(folder)
            .args([
                "game",
                "--rcon",
                "127.0.0.1:0",
                "--control",
                "127.0.0.1:0",
                "--password-file",
                "password",
                "--world",
                "world.json",
            ])
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        let (rcon, control) = ready.trim_end().strip_prefix("ready rcon=").unwrap().split_once(" control=").unwrap();
        Process { rcon: rcon.to_owned(), control: control.to_owned(), child }
    }

    fn ask(&self, words: &[&str]) -> Output {
        Command::new(PROGRAM).args(words).args(["--control", &self.control]).output().unwrap()
    }

    fn answer(&self, words: &[&str]) -> String {
        let output = self.ask(words);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    async fn run(&self, line: &str) -> Outcome {
        let timeouts = Timeouts::each(Duration::from_secs(120));
        Connection::open(&self.rcon, &"secret".into(), timeouts).await.unwrap().run(line).await
    }
}

impl Drop for Process {
    /// Sends SIGKILL: the game cannot clean up.
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[tokio::test]
async fn killed_game_keeps_every_answered_line() {
    let folder = tempfile::tempdir().unwrap();
    let game = Process::start(folder.path(), &["--join", "Steve", "Alex"]);
    assert_eq!(game.answer(&["online"]), r#"["Steve","Alex"]"#);
    assert_eq!(game.answer(&["leave", "Alex"]), r#"{"ok":true}"#);
    let outcome = game.run("give Steve diamond 5").await;
    assert!(matches!(outcome, Outcome::Replied(text) if text == "Gave 5 [Diamond] to Steve"));
    assert!(game.answer(&["effects"]).contains("give Steve diamond 5"));
    drop(game);

    let game = Process::start(folder.path(), &[]);
    assert_eq!(game.answer(&["online"]), r#"["Steve"]"#);
    assert_eq!(game.answer(&["inventory", "Steve"]), r#"{"diamond":5}"#);
    assert_eq!(game.answer(&["effects"]), r#"{"effects":[],"total":1}"#);
}

#[tokio::test]
async fn control_port_plans_a_fault() {
    let folder = tempfile::tempdir().unwrap();
    let game = Process::start(folder.path(), &["--join", "Steve"]);
    game.answer(&["fault", "lose-reply", "--on", "give"]);
    assert!(matches!(game.run("list").await, Outcome::Replied(_)));
    assert!(matches!(game.run("give Steve diamond").await, Outcome::Unknown(_)));
    assert_eq!(game.answer(&["inventory", "Steve"]), r#"{"diamond":1}"#);
}

#[test]
fn refused_request_exits_with_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let game = Process::start(folder.path(), &[]);
    let output = game.ask(&["leave", "Steve"]);
    assert!(!output.status.success() && output.stdout.is_empty());
    assert!(String::from_utf8_lossy(&output.stderr).contains("Steve is not online"));
}

#[test]
fn control_port_outside_loopback_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    std::fs::write(&password, "secret").unwrap();
    let command = ["game", "--rcon", "127.0.0.1:0", "--control", "0.0.0.0:0", "--password-file"];
    let output = Command::new(PROGRAM).args(command).arg(&password).output().unwrap();
    assert!(!output.status.success() && output.stdout.is_empty());
    assert!(String::from_utf8_lossy(&output.stderr).contains("loopback"));
}
