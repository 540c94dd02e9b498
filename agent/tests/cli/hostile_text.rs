//! Texts of the store, the game and players in everything that the agent writes: each character can be seen, and our token is
//! not among them.

use crate::session_store::{Socket, answer, call, game, next_calls, say, session_store, wait_for, welcome};
use crate::support::{Host, NEW_TOKEN, SERVER, TOKEN, response, serve};
use flux_protocol::template::is_invisible;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

/// Every kind of character that could end a line, control a terminal, or hide, with the agent's token among them.
fn hostile() -> String {
    let ranges = ['\u{7f}'..='\u{9f}', '\u{200b}'..='\u{200f}', '\u{2028}'..='\u{202e}', '\u{2060}'..='\u{2069}'];
    let others = ['\u{1b}', '\u{7}', '\n', '\r', '\u{61c}', '\u{ad}', '\u{feff}', '\u{e0001}'];
    let odd: String = ranges.into_iter().flatten().chain(others).collect();
    // One of them at the beginning: tables cut what follows.
    format!("odd\u{202e}{odd}{TOKEN}{}odd", &TOKEN[..40])
}

/// Checks that an output shows the hostile text, and all of it.
#[track_caller]
fn is_shown(place: &str, output: &str) {
    let hidden = output.chars().find(|c| is_invisible(*c) && *c != '\n');
    assert_eq!(hidden, None, "{place}: {output:?}");
    assert!(output.to_lowercase().contains("202e"), "{place} has the text: {output}");
    assert!(!output.contains(&TOKEN[17..30]) && !output.contains(&NEW_TOKEN[17..30]), "{place}: {output}");
    let forged = output.lines().find(|line| line.trim_start().starts_with("odd") && !line.contains("202e"));
    assert_eq!(forged, None, "{place}");
}

/// A running daemon. Its log is read to the end.
struct Daemon {
    child: Child,
    log: std::thread::JoinHandle<String>,
}

impl Daemon {
    /// Starts it, and waits until its log has had a line with each of these texts.
    fn start(host: &Host, log_format: &str, texts: &[&str]) -> Daemon {
        host.write(
            "config.yml",
            &(host.read("config.yml") + &format!("log: {{level: trace, format: {log_format}}}\n")),
        );
        let mut child = host.command(&["run"]).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (mut log, mut left) = (String::new(), texts.to_vec());
        while !left.is_empty() {
            let line = lines.next();
            assert!(line.is_some(), "{left:?} is missing: {log}");
            let line = line.unwrap().unwrap();
            left.retain(|text| !line.contains(text));
            log += &(line + "\n");
        }
        let log = std::thread::spawn(move || lines.fold(log, |log, line| log + &line.unwrap() + "\n"));
        Daemon { child, log }
    }

    /// Ends it, and returns its log.
    fn log(mut self) -> String {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.log.join().unwrap()
    }
}

fn command(id: &str, player: &str, needs_player: bool) -> Value {
    json!({"id": id, "attempt": 1, "kind": "purchase", "player": {"name": player}, "command": "say hi", "values": {},
        "requireOnline": needs_player, "sequence": 1, "orderId": "order-1"})
}

/// Delivers commands and something unreadable, and acknowledges no report.
fn session(socket: &mut Socket) -> Option<()> {
    welcome(socket, &format!("{}{}", hostile(), "x".repeat(1 << 20)))?;
    call(socket, "Deliver", &[command("cmd_1", &hostile(), true), command("cmd_2", "Steve", false)])?;
    call(socket, "Deliver", &[json!({"id": hostile(), "attempt": 1, "kind": hostile()})])?;
    say(socket, &json!({"type": 1, "target": hostile(), "arguments": []}).to_string())?;
    loop {
        for call in next_calls(socket)? {
            answer(socket, &call["invocationId"], &json!({"acknowledged": []}))?;
        }
    }
}

/// An error of the REST API.
fn rest_error(_: &str, _: &str) -> Vec<u8> {
    response("500 Internal Server Error", &[], &json!({"error": {"code": "odd", "message": hostile()}}).to_string())
}

#[test]
fn every_output_shows_all_of_a_hostile_text() {
    for log_format in ["json", "text"] {
        let host = Host::new(&format!("http://{}", session_store(rest_error, session)));
        let game = game(|line| match line {
            "list" | "list uuids" => {
                format!("There are 1 of a max of 20 players online: {}", hostile().replace('\n', ""))
            }
            _ => hostile(),
        });
        host.write("config.yml", &host.read("config.yml").replace("127.0.0.1:9", &game.to_string()));
        let texts = ["session open", "command refused", "command answered", "unreadable item", "unknown method"];
        let daemon = Daemon::start(&host, log_format, &texts);
        for arguments in [
            &["status"][..],
            &["status", "--json"],
            &["queue", "list", "--all"],
            &["queue", "list", "--all", "--json"],
            &["queue", "show", "cmd_1"],
            &["queue", "show", "cmd_1", "--json"],
            &["queue", "show", "cmd_2"],
            &["queue", "show", "cmd_2", "--json"],
            &["players"],
            &["players", "--json"],
            &["rcon", "say", "hi"],
            &["rcon", "--json", "say", "hi"],
            &["poll"],
            &["poll", "--json"],
        ] {
            is_shown(&arguments.join(" "), &host.run(arguments).1);
        }
        let log = daemon.log();
        is_shown("log", &log);
        let opened = log.lines().find(|line| line.contains("session open")).unwrap();
        assert!(opened.len() < 3_000, "the server's name is cut: {} bytes", opened.len());
        for text in ["unreadable item", "unknown method", "command answered"] {
            is_shown(text, log.lines().find(|line| line.contains(text)).unwrap());
        }
    }
}

/// A store that refuses the session at one of its steps with a hostile text, and the agent's word about it.
fn refusing_stores() -> Vec<(std::net::SocketAddr, &'static str)> {
    let close = |socket: &mut Socket| {
        welcome(socket, "s")?;
        say(socket, &json!({"type": 7, "error": hostile()}).to_string())
    };
    let hello = |socket: &mut Socket| {
        wait_for(socket, "Hello")?;
        say(socket, &json!({"type": 3, "invocationId": "1", "error": hostile()}).to_string())?;
        wait_for(socket, "nothing")
    };
    let no_welcome = |socket: &mut Socket| {
        wait_for(socket, "Hello")?;
        answer(socket, &json!("1"), &json!({"serverId": SERVER, "protocolVersion": hostile()}))?;
        wait_for(socket, "nothing")
    };
    let negotiate = serve(|_, _| response("200 OK", &[], &json!({"error": hostile()}).to_string()));
    vec![
        (negotiate, "store unreachable"),
        (session_store(rest_error, close), "session lost"),
        (session_store(rest_error, hello), "the store refused this agent"),
        (session_store(rest_error, no_welcome), "session down"),
    ]
}

#[test]
fn every_error_of_a_session_shows_all_of_a_hostile_text() {
    for (store, message) in refusing_stores() {
        let host = Host::new(&format!("http://{store}"));
        let daemon = Daemon::start(&host, "json", &[message]);
        for arguments in [&["status"][..], &["status", "--json"]] {
            is_shown(&format!("{message}: {}", arguments.join(" ")), &host.run(arguments).1);
        }
        let log = daemon.log();
        is_shown(message, &log);
    }
}

#[test]
fn check_and_token_set_show_all_of_a_hostile_text() {
    let host = Host::new(&format!("http://{}", refusing_stores()[0].0));
    is_shown("check", &host.run(&["check", "--online"]).1);
    is_shown("check --json", &host.run(&["check", "--online", "--json"]).1);
    is_shown("token set", &host.run_with(&["token", "set"], NEW_TOKEN).1);
}
