//! A client against a server that sends arbitrary bytes once and behaves afterwards.

#![no_main]

use std::{io, sync::Arc, time::Duration};

use flux_signalr::client::{BoxFuture, ByteStream, Client, ClientOptions, Dialer, TokenSource};
use libfuzzer_sys::fuzz_target;
use secrecy::SecretString;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    runtime::Builder,
    sync::mpsc,
    time::timeout,
};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

const NEGOTIATED: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 120\r\n\r\n{\"negotiateVersion\":0,\"connectionId\":\"id\",\"availableTransports\":[{\"transport\":\"WebSockets\",\"transferFormats\":[\"Text\"]}]}";
/// A text frame with the handshake response.
const ACCEPTED: &[u8] = b"\x81\x03{}\x1e";
/// Longer than the longest wait that a server can cause, a `Retry-After` of one hour.
const SESSION_DEADLINE: Duration = Duration::from_secs(2 * 3600);

struct Pipes(mpsc::Sender<DuplexStream>);

impl Dialer for Pipes {
    fn dial<'a>(&'a self, _: &'a str, _: u16, _: bool) -> BoxFuture<'a, io::Result<Box<dyn ByteStream>>> {
        Box::pin(async {
            let (near, far) = duplex(64 * 1024);
            self.0.send(far).await.map_err(io::Error::other)?;
            Ok(Box::new(near) as Box<dyn ByteStream>)
        })
    }
}

struct NoToken;

impl TokenSource for NoToken {
    fn token(&self) -> Option<SecretString> {
        None
    }
}

async fn read_head(stream: &mut DuplexStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}

/// The valid response to a request, up to the last byte before the first frame.
fn answer(head: &str) -> Vec<u8> {
    match head.lines().find_map(|line| line.strip_prefix("sec-websocket-key: ")) {
        None => NEGOTIATED.to_vec(),
        Some(key) => {
            let fixed = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket";
            format!("{fixed}\r\nSec-WebSocket-Accept: {}\r\n\r\n", derive_accept_key(key.as_bytes())).into_bytes()
        }
    }
}

/// Sends `wild` once, in place of the negotiate response or of the frames, and behaves from then on.
async fn serve(mut streams: mpsc::Receiver<DuplexStream>, in_http: bool, mut wild: Option<Vec<u8>>) {
    let mut kept = Vec::new();
    while let Some(mut stream) = streams.recv().await {
        let Some(head) = read_head(&mut stream).await else { continue };
        let is_upgrade = head.starts_with("GET");
        let mut bytes = if in_http && wild.is_some() { Vec::new() } else { answer(&head) };
        if in_http || is_upgrade {
            bytes.extend(wild.take().unwrap_or_else(|| if is_upgrade { ACCEPTED.to_vec() } else { Vec::new() }));
        }
        let _ = stream.write_all(&bytes).await;
        kept.push(stream);
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((place, wild)) = data.split_first() else { return };
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    runtime.block_on(async {
        let (sender, streams) = mpsc::channel(8);
        tokio::spawn(serve(streams, place % 2 == 0, Some(wild.to_vec())));
        let options = ClientOptions::new("http://hub/hub".parse().expect("a hub's address"));
        let mut client = Client::new(options, Arc::new(Pipes(sender)), Arc::new(NoToken), Box::new(|_| 0));
        // The first session may come from those bytes; it ends at the server timeout.
        for _ in 0..2 {
            let session = timeout(SESSION_DEADLINE, client.next_session()).await.expect("a session in the end");
            timeout(SESSION_DEADLINE, session.connection.closed()).await.expect("its end");
        }
    });
});
