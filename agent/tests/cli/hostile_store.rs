//! A store that sends more than the contract allows: the agent refuses it in a few words.

use crate::session_store::{Socket, say, session_store, wait_for};
use crate::support::{Host, SERVER, response, serve};
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

/// The bytes that a flood may add to the daemon's memory; one frame, parsed as it was, took three times as much.
const GROWTH_BYTES: u64 = 40 * 1024 * 1024;

/// A session that floods the agent with calls of nearly 4 MiB before and after its welcome, and ends with an unreadable command.
fn flood(socket: &mut Socket) -> Option<()> {
    wait_for(socket, "Hello")?;
    let call = format!(r#"{{"type":1,"target":"Nope","arguments":[{}0]}}"#, "[[]],".repeat(800_000));
    say(socket, &call)?;
    let welcome =
        format!(r#"{{"serverId":"{SERVER}","serverName":"s","protocolVersion":1,"now":"2026-11-28T00:00:00Z"}}"#);
    say(socket, &format!(r#"{{"type":3,"invocationId":"1","result":{welcome}}}"#))?;
    let deliver = |items: &str| format!(r#"{{"type":1,"target":"Deliver","arguments":[[{items}]]}}"#);
    for _ in 0..4 {
        say(socket, &call)?;
        say(socket, &deliver(&format!("0{}", ",0".repeat(2_000_000))))?;
    }
    say(socket, &deliver("7"))?;
    wait_for(socket, "nothing")
}

/// A process's memory in bytes, as proc(5) has it.
fn memory(pid: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

#[test]
fn flood_of_calls_adds_little_to_the_daemons_memory() {
    let host =
        Host::new(&format!("http://{}", session_store(|_, _| response("503 Service Unavailable", &[], ""), flood)));
    let mut daemon = host.command(&["run"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(daemon.stderr.take().unwrap()).lines().map(Result::unwrap);
    let mut seen = |text: &str| lines.any(|line| line.contains(text));
    assert!(seen("flux-agent started"));
    let before = memory(daemon.id(), "VmRSS:");
    let is_over = seen("skipped an unreadable item");
    let peak = memory(daemon.id(), "VmHWM:");
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    assert!(is_over);
    assert!(peak < before + GROWTH_BYTES, "{before} bytes became {peak}");
}
