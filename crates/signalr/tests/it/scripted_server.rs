//! A scripted server: the test decides its HTTP responses and receives its sockets.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Body,
    extract::{
        Request, State,
        ws::{Message as Frame, WebSocket, WebSocketUpgrade},
    },
    response::{IntoResponse, Response},
    routing::{get, post},
};
use flux_signalr::codec::Decoder;
use serde_json::{Value, json};
use tokio::sync::mpsc;

/// A received request.
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) uri: String,
    pub(crate) headers: http::HeaderMap,
}

type Answer = Box<dyn Fn(&Seen, usize) -> Option<Response> + Send + Sync>;

pub(crate) struct Script {
    answer: Answer,
    seen: Mutex<Vec<Seen>>,
    sockets: mpsc::Sender<WebSocket>,
}

/// The server's ends of the opened sockets.
pub(crate) struct Sockets(mpsc::Receiver<WebSocket>);

/// A server that negotiates and accepts sockets, unless `answer` returns another response to the n-th request (from 0).
pub(crate) fn script(
    answer: impl Fn(&Seen, usize) -> Option<Response> + Send + Sync + 'static,
) -> (Arc<Script>, Sockets, Router) {
    let (sockets, accepted) = mpsc::channel(8);
    let script = Arc::new(Script { answer: Box::new(answer), seen: Mutex::default(), sockets });
    let router = Router::new()
        .route("/hub/negotiate", post(negotiate))
        .route("/hub", get(attach))
        .with_state(Arc::clone(&script));
    (script, Sockets(accepted), router)
}

pub(crate) fn plain() -> (Arc<Script>, Sockets, Router) {
    script(|_, _| None)
}

impl Script {
    pub(crate) fn seen<T>(&self, read: impl FnOnce(&[Seen]) -> T) -> T {
        read(&self.seen.lock().unwrap())
    }

    fn see(&self, request: &Request) -> Option<Response> {
        let mut seen = self.seen.lock().unwrap();
        let one = Seen {
            method: request.method().to_string(),
            uri: request.uri().to_string(),
            headers: request.headers().clone(),
        };
        let answer = (self.answer)(&one, seen.len());
        seen.push(one);
        answer
    }
}

async fn negotiate(State(script): State<Arc<Script>>, request: Request) -> Response {
    script.see(&request).unwrap_or_else(|| negotiated().to_string().into_response())
}

async fn attach(State(script): State<Arc<Script>>, upgrade: WebSocketUpgrade, request: Request) -> Response {
    if let Some(answer) = script.see(&request) {
        return answer;
    }
    upgrade.on_upgrade(async move |socket| script.sockets.send(socket).await.unwrap())
}

pub(crate) fn negotiated() -> Value {
    let transports = json!([{"transport": "WebSockets", "transferFormats": ["Text", "Binary"]}]);
    let (id, token) = ("public", "se+cret");
    json!({"negotiateVersion": 1, "connectionId": id, "connectionToken": token, "availableTransports": transports})
}

pub(crate) fn status(code: u16) -> Option<Response> {
    Some(Response::builder().status(code).body(Body::empty()).unwrap())
}

/// The server's end of one socket.
pub(crate) struct ServerSocket {
    socket: WebSocket,
    decoder: Decoder,
}

impl Sockets {
    /// The next socket, with its handshake read but not answered.
    pub(crate) async fn accept(&mut self) -> ServerSocket {
        let socket = self.0.recv().await.unwrap();
        let mut peer = ServerSocket { socket, decoder: Decoder::new(usize::MAX) };
        assert_eq!(peer.next_record().await, json!({"protocol": "json", "version": 1}));
        peer
    }

    /// The next socket, after the handshake and the client's first ping (checklist 33).
    pub(crate) async fn accept_ready(&mut self) -> ServerSocket {
        let mut peer = self.accept().await;
        peer.send_text("{}\x1e").await;
        assert_eq!(peer.next_record().await, json!({"type": 6}));
        peer
    }
}

impl ServerSocket {
    pub(crate) async fn send_text(&mut self, text: &str) {
        self.socket.send(Frame::text(text)).await.unwrap();
    }

    pub(crate) async fn send_binary(&mut self, bytes: &[u8]) {
        self.socket.send(Frame::binary(bytes.to_vec())).await.unwrap();
    }

    pub(crate) async fn send_record(&mut self, record: Value) {
        self.send_text(&format!("{record}\x1e")).await;
    }

    /// The next record, or `null` if the socket was closed.
    pub(crate) async fn next_record(&mut self) -> Value {
        loop {
            if let Some(record) = self.decoder.next_record().unwrap() {
                return serde_json::from_slice(record).unwrap();
            }
            match self.socket.recv().await {
                Some(Ok(Frame::Text(text))) => self.decoder.push(text.as_bytes()),
                Some(Ok(Frame::Close(_))) | Some(Err(_)) | None => return Value::Null,
                Some(Ok(_)) => {}
            }
        }
    }
}
