//! A server by hand: each situation says itself what it answers.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message as Frame, handshake::derive_accept_key, protocol::Role},
};

pub struct Server {
    listener: TcpListener,
    pub port: u16,
    /// The heads of the requests so far, in order.
    pub heads: Vec<String>,
}

pub struct Socket {
    socket: WebSocketStream<TcpStream>,
    unread: Vec<String>,
}

impl Server {
    pub async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        Self { listener, port, heads: Vec::new() }
    }

    /// Takes the next connection and reads its request's head.
    async fn request(&mut self) -> TcpStream {
        loop {
            let (mut stream, _) = self.listener.accept().await.expect("a connection");
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                match stream.read_u8().await {
                    Ok(byte) => head.push(byte),
                    Err(_) => break,
                }
            }
            if head.ends_with(b"\r\n\r\n") {
                self.heads.push(String::from_utf8_lossy(&head).into_owned());
                return stream;
            }
        }
    }

    /// Whether a request comes within so many seconds.
    pub async fn is_asked_again(&mut self, seconds: u64) -> bool {
        timeout(Duration::from_secs(seconds), self.request()).await.is_ok()
    }

    /// Answers the next request.
    pub async fn answer(&mut self, status: &str, body: &str) {
        let mut stream = self.request().await;
        let fixed = "Content-Type: application/json\r\nConnection: close";
        let answer = format!("HTTP/1.1 {status}\r\n{fixed}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        stream.write_all(answer.as_bytes()).await.expect("it is read");
    }

    /// Answers a negotiation, in the version that was asked for.
    pub async fn negotiate(&mut self) {
        let transports = json!([{"transport": "WebSockets", "transferFormats": ["Text", "Binary"]}]);
        let ids = json!({"negotiateVersion": 1, "connectionId": "public", "connectionToken": "secret",
            "availableTransports": transports});
        self.answer("200 OK", &ids.to_string()).await;
    }

    /// The next request, which has to be an upgrade, as a WebSocket.
    pub async fn socket(&mut self) -> Socket {
        let mut stream = self.request().await;
        let head = self.heads.last().expect("there was a request");
        let key = header(head, "sec-websocket-key").unwrap_or_default();
        let fixed = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket";
        let answer = format!("{fixed}\r\nSec-WebSocket-Accept: {}\r\n\r\n", derive_accept_key(key.as_bytes()));
        stream.write_all(answer.as_bytes()).await.expect("it is read");
        let socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
        Socket { socket, unread: Vec::new() }
    }

    /// A session whose handshake is done.
    pub async fn ready(&mut self) -> Socket {
        self.negotiate().await;
        let mut socket = self.socket().await;
        socket.hear().await;
        socket.say("{}\u{1e}").await;
        socket
    }
}

impl Socket {
    pub async fn say(&mut self, text: &str) {
        let _ = self.socket.send(Frame::text(text)).await;
    }

    pub async fn say_bytes(&mut self, text: &str) {
        let _ = self.socket.send(Frame::binary(text.as_bytes().to_vec())).await;
    }

    /// The next record; `null` at the end.
    pub async fn hear(&mut self) -> Value {
        loop {
            if !self.unread.is_empty() {
                return serde_json::from_str(&self.unread.remove(0)).unwrap_or_default();
            }
            match self.socket.next().await {
                Some(Ok(frame @ (Frame::Text(_) | Frame::Binary(_)))) => {
                    let text = String::from_utf8_lossy(&frame.into_data()).into_owned();
                    self.unread.extend(text.split_terminator('\u{1e}').map(str::to_owned));
                }
                Some(Ok(Frame::Close(_)) | Err(_)) | None => return Value::Null,
                Some(Ok(_)) => {}
            }
        }
    }

    /// The next record of that type within so many seconds.
    pub async fn hear_type(&mut self, kind: u64, seconds: u64) -> Option<Value> {
        let hear = async {
            loop {
                match self.hear().await {
                    Value::Null => return None,
                    record if record["type"] == kind => return Some(record),
                    _ => {}
                }
            }
        };
        timeout(Duration::from_secs(seconds), hear).await.ok().flatten()
    }
}

pub fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}
