//! A journal that has reached its limit: the daemon says so, and takes more by itself when there is room.

use crate::support::{Host, response, serve};
use std::io::{BufRead, BufReader};
use std::process::Stdio;

fn command(number: u32) -> String {
    format!(
        r#"{{"id":"cmd_{number}","attempt":1,"kind":"purchase","player":{{"name":"Steve"}},"command":"say x","values":{{}},
            "requireOnline":true,"sequence":{number}}}"#
    )
}

#[test]
fn full_journal_is_named_until_there_is_room() {
    let commands: Vec<String> = (1..=3).map(command).collect();
    let answer = format!(r#"{{"commands":[{}],"revoked":[]}}"#, commands.join(","));
    let host = Host::new(&format!(
        "http://{}",
        serve(move |method, path| match (method, path) {
            ("GET", path) if path.contains("/commands") => response("200 OK", &[], &answer),
            _ => response("503 Service Unavailable", &[], ""),
        })
    ));
    let config = host.read("config.yml");
    host.write("config.yml", &(config.clone() + "journal: {max_open_commands: 2}\n"));
    let mut daemon = host.command(&["run"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(daemon.stderr.take().unwrap()).lines().map(Result::unwrap);
    let line = lines.find(|line| line.contains("no room for new commands")).unwrap();
    assert!(line.contains("commands=1") && line.contains("journal.max_open_commands"), "{line}");
    let (_, text) = host.run(&["status"]);
    assert!(text.contains("2 commands are open, as many as"), "{text}");
    let status: serde_json::Value = serde_json::from_str(&host.run(&["status", "--json"]).1).unwrap();
    assert!(status["journal"]["warnings"][0].as_str().unwrap().contains("no new ones"), "{status}");
    assert_eq!(status["journal"]["queue"]["queued"], 2, "{status}");
    host.write("config.yml", &(config + "journal: {max_open_commands: 3}\n"));
    assert_eq!(host.run(&["reload"]), (0, "in force now: journal\n".to_owned()));
    assert_eq!(host.run(&["poll"]).0, 0);
    lines.find(|line| line.contains("there is room for new commands again")).unwrap();
    let status: serde_json::Value = serde_json::from_str(&host.run(&["status", "--json"]).1).unwrap();
    assert_eq!(status["journal"]["queue"]["queued"], 3, "{status}");
    daemon.kill().unwrap();
    daemon.wait().unwrap();
}
