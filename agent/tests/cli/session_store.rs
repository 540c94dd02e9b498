//! A store that answers REST calls by one script and drives its sessions by another, and a game that answers RCON by a third.

use crate::support::{NEGOTIATED, SERVER, response, serve_one};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use tokio_tungstenite::tungstenite::{self, Message, WebSocket};

pub(crate) type Socket = WebSocket<TcpStream>;

/// Serves until the process ends. `rest` gets method and path of each REST call; `session` gets each session after the
/// handshake, and returns once the agent has gone.
pub(crate) fn session_store(
    rest: impl Fn(&str, &str) -> Vec<u8> + Send + Sync + 'static,
    session: impl Fn(&mut Socket) -> Option<()> + Send + Sync + 'static,
) -> SocketAddr {
    let (rest, session) = (Arc::new(rest), Arc::new(session));
    each_connection(move |stream| {
        let mut start = [0; "GET /hubs/agent".len()];
        while stream.peek(&mut start).ok().filter(|bytes| *bytes > 0)? < start.len() {}
        if &start == b"GET /hubs/agent" {
            let mut socket = tungstenite::accept(stream).ok()?;
            wait_for(&mut socket, "protocol")?;
            say(&mut socket, "{}")?;
            return session(&mut socket);
        }
        let answer = |method: &str, path: &str| {
            if path.contains("/negotiate") { response("200 OK", &[], NEGOTIATED) } else { rest(method, path) }
        };
        serve_one(stream, &answer).ok()
    })
}

/// A game whose RCON accepts any password, and answers each line by a script.
pub(crate) fn game(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> SocketAddr {
    const LOGIN: i32 = 3;
    let answer = Arc::new(answer);
    each_connection(move |mut stream| {
        loop {
            let mut number = || {
                let mut bytes = [0; 4];
                stream.read_exact(&mut bytes).ok()?;
                Some(i32::from_le_bytes(bytes))
            };
            let (length, id, kind) = (number()?, number()?, number()?);
            let mut body = vec![0; usize::try_from(length - 8).ok()?];
            stream.read_exact(&mut body).ok()?;
            let line = String::from_utf8_lossy(&body).trim_end_matches('\0').to_owned();
            let (kind, text) = if kind == LOGIN { (2, String::new()) } else { (0, answer(&line)) };
            let length = i32::try_from(text.len() + 10).ok()?;
            let head = [length, id, kind].map(i32::to_le_bytes).concat();
            stream.write_all(&[&head, text.as_bytes(), &[0, 0]].concat()).ok()?;
        }
    })
}

/// Serves each connection on a thread of its own, until the process ends.
fn each_connection(serve: impl Fn(TcpStream) -> Option<()> + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serve = Arc::new(serve);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, serve) = (stream.unwrap(), Arc::clone(&serve));
            // `None` when the agent has gone.
            std::thread::spawn(move || serve(stream));
        }
    });
    address
}

pub(crate) fn say(socket: &mut Socket, record: &str) -> Option<()> {
    socket.send(Message::text(format!("{record}\x1e"))).ok()
}

/// Reads until a message has this text.
pub(crate) fn wait_for(socket: &mut Socket, text: &str) -> Option<()> {
    while !socket.read().ok()?.to_text().ok()?.contains(text) {}
    Some(())
}

/// The next records that are calls, as the agent sent them.
pub(crate) fn next_calls(socket: &mut Socket) -> Option<Vec<Value>> {
    let message = socket.read().ok()?;
    let records = message.to_text().ok()?.split('\x1e').filter(|record| !record.is_empty());
    Some(records.filter_map(|record| serde_json::from_str(record).ok()).filter(|it: &Value| it["type"] == 1).collect())
}

/// Waits for `Hello`, and welcomes the agent to a server of this name.
pub(crate) fn welcome(socket: &mut Socket, name: &str) -> Option<()> {
    wait_for(socket, "Hello")?;
    let welcome = json!({"serverId": SERVER, "serverName": name, "protocolVersion": 1, "now": "2026-11-28T00:00:00Z"});
    answer(socket, &json!("1"), &welcome)
}

/// Answers a call.
pub(crate) fn answer(socket: &mut Socket, invocation: &Value, result: &Value) -> Option<()> {
    say(socket, &json!({"type": 3, "invocationId": invocation, "result": result}).to_string())
}

/// Calls a method of the agent with a list.
pub(crate) fn call(socket: &mut Socket, target: &str, items: &[Value]) -> Option<()> {
    say(socket, &json!({"type": 1, "target": target, "arguments": [items]}).to_string())
}
