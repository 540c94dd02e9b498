//! The findings of `check` about secrets, the disk and the game's log.

use crate::support::Host;

#[test]
fn check_names_the_used_secret_and_what_it_hides() {
    let host = Host::new("http://127.0.0.1:9");
    let mut command = host.command(&["check"]);
    let output = command.env("FLUX_AGENT_TOKEN", "x").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let token = format!(
        "warn   store.token from the file {}; the environment variable FLUX_AGENT_TOKEN is not used",
        host.path("token").display()
    );
    assert!(text.contains(&token), "{text}");
    assert!(text.contains("ok     rcon.password from the config itself"), "{text}");
    assert_eq!(output.status.code(), Some(0), "a warning is no failure");
}

#[test]
fn token_file_of_windows_is_read_and_two_lines_are_refused() {
    let host = Host::new("http://127.0.0.1:9");
    let token = host.read("token");
    host.write("token", &format!("\u{feff}{}\r\n", token.trim()));
    assert_eq!(host.run(&["check"]).0, 0);
    host.write("token", &format!("{}\n# the token\n", token.trim()));
    let (exit, text) = host.run(&["check"]);
    assert!(exit == 78 && text.contains("has more than one line"), "{text}");
}

#[test]
fn unreadable_log_of_the_game_is_found() {
    let host = Host::new("http://127.0.0.1:9");
    host.write("config.yml", &(host.read("config.yml") + "presence: {log_file: ./latest.log}\n"));
    let (_, text) = host.run(&["check", "--online"]);
    let line = text.lines().find(|line| line.starts_with("game log ")).unwrap();
    assert!(line.contains("FAILED") && line.contains("correct presence.log_file"), "{line}");
    host.write("latest.log", "");
    let (_, text) = host.run(&["check", "--online"]);
    assert!(text.lines().any(|line| line.starts_with("game log   ok")), "{text}");
    assert!(text.lines().any(|line| line.starts_with("disk       ok") && line.contains("MiB free")), "{text}");
}
