//! A store that sends more than the contract allows: the agent refuses it in a few words.

use crate::support::{Host, response, serve};
use std::io::{BufRead, BufReader};
use std::process::Stdio;

/// The longest line of the log: a field of 1 KiB, and the rest.
const LINE_BYTES: usize = 1_500;

/// Runs a daemon whose polls get this answer, until its log has a line with `text`. Returns that line.
fn log_line(answer: String, text: &str) -> String {
    let host = Host::new(&format!(
        "http://{}",
        serve(move |method, path| match (method, path) {
            ("GET", path) if path.contains("/commands") => response("200 OK", &[], &answer),
            _ => response("503 Service Unavailable", &[], ""),
        })
    ));
    let mut daemon = host.command(&["run"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(daemon.stderr.take().unwrap()).lines().map(Result::unwrap);
    let line = lines.find(|line| line.contains(text));
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    line.unwrap()
}

#[test]
fn huge_unreadable_item_makes_a_short_line() {
    let (id, kind) = ("cmd_1", "k".repeat(4_000_000));
    let item = format!(r#"{{"id":"{id}","attempt":1,"kind":"{kind}","command":"say x","sequence":1}}"#);
    let line = log_line(format!(r#"{{"commands":[{item}],"revoked":[]}}"#), "skipped an unreadable item");
    assert!(line.contains(id) && line.len() < LINE_BYTES, "{} bytes", line.len());
}

#[test]
fn batch_over_500_items_is_refused_in_words() {
    let zeros = format!("0{}", ",0".repeat(2_000_000));
    let line = log_line(format!(r#"{{"commands":[{zeros}],"revoked":[]}}"#), "too many items");
    assert!(line.contains("count=2000001 limit=500"), "{line}");
}
