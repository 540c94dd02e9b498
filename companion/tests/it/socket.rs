//! [`Served`]: a companion on a loopback socket. [`AgentEnd`]: an agent's side of a session, controlled by the test.

use crate::test_app::{TestApp, config, text};
use flux_companion::{Resources, serve};
use flux_signalr::codec::{Decoder, HandshakeResponse, Message, encode};
use flux_storage::Db;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message as Frame};

/// Stops a hanging test; even a loaded machine stays far below it.
const TEST_LIMIT: Duration = Duration::from_secs(300);

pub(crate) struct Served {
    /// An app on the same database, without the sessions of the served one.
    pub(crate) app: TestApp,
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Served {
    pub(crate) async fn start() -> Served {
        Self::configured("").await
    }

    pub(crate) async fn configured(text: &str) -> Served {
        Self::on(TestApp::on(Db::in_memory().expect("a database")).await, text).await
    }

    /// A companion on the database of this app, with its clock.
    pub(crate) async fn on(app: TestApp, text: &str) -> Served {
        let db = app.state.db.clone();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let resources =
            Resources { listener, metrics: None, db, clock: app.clock.clone(), entropy: app.state.entropy.clone() };
        let task = tokio::spawn(serve(config(text), resources, async { drop(stopped.await) }));
        Served { app, address, stop: Some(stop), task }
    }

    /// Makes a call over the socket, in plain HTTP/1.1.
    pub(crate) async fn call(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        self.call_with(&self.app.admin, method, &format!("/api/v1{path}"), body).await
    }

    /// Negotiates a connection, and returns the query that opens its socket.
    pub(crate) async fn negotiate(&self, token: &str) -> String {
        let target = "/hubs/agent/negotiate?negotiateVersion=1";
        let (status, answer) = self.call_with(token, "POST", target, &Value::Null).await;
        assert_eq!(status, 200);
        format!("?id={}", text(&answer, "connectionToken"))
    }

    async fn call_with(&self, key: &str, method: &str, target: &str, body: &Value) -> (u16, Value) {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let body = body.to_string();
        let request = format!(
            "{method} {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {key}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(self.address).await.expect("a connection");
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        timeout(TEST_LIMIT, stream.read_to_string(&mut answer)).await.expect("in time").expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        (head[9..12].parse().expect("a status"), serde_json::from_str(body).unwrap_or(Value::Null))
    }

    /// Stops the companion. The app can be served again.
    pub(crate) async fn stop(mut self) -> TestApp {
        self.stop.take().expect("it runs").send(()).expect("it listens");
        timeout(TEST_LIMIT, self.task).await.expect("it stops in time").expect("without a panic");
        self.app
    }

    pub(crate) async fn connect(&self, token: &str) -> Result<AgentEnd, u16> {
        self.connect_with(token, "").await
    }

    /// Connects with this query, which may hold a connection token.
    pub(crate) async fn connect_with(&self, token: &str, query: &str) -> Result<AgentEnd, u16> {
        let stream = TcpStream::connect(self.address).await.expect("a connection");
        let mut request = format!("ws://{}/hubs/agent{query}", self.address).into_client_request().expect("a request");
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse().expect("a header"));
        match tokio_tungstenite::client_async(request, stream).await {
            Ok((socket, _)) => Ok(AgentEnd::greeted(socket).await),
            Err(tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// Connects an agent that has sent Hello.
    pub(crate) async fn agent(&self, token: &str, journal: &str) -> AgentEnd {
        let mut agent = self.connect(token).await.expect("a session");
        agent.invoke("Hello", hello(journal)).await.expect("a welcome");
        agent
    }
}

pub(crate) fn hello(journal: &str) -> Value {
    json!({"agentVersion": "0.1.0", "protocolVersion": 1, "journalId": journal, "hostname": "mc-1", "gameState": "online"})
}

pub(crate) struct AgentEnd {
    socket: WebSocketStream<TcpStream>,
    decoder: Decoder,
    calls: u32,
    /// Messages that arrived while the test waited for another one.
    kept: Vec<Message>,
}

impl AgentEnd {
    async fn greeted(socket: WebSocketStream<TcpStream>) -> AgentEnd {
        let mut end = AgentEnd { socket, decoder: Decoder::new(1 << 20), calls: 0, kept: Vec::new() };
        end.socket.send(Frame::text("{\"protocol\":\"json\",\"version\":1}\u{1e}")).await.expect("sent");
        loop {
            if let Some(record) = end.decoder.next_record().expect("a record") {
                assert_eq!(HandshakeResponse::parse(record).expect("a response").error, None);
                return end;
            }
            end.read().await;
        }
    }

    async fn read(&mut self) -> bool {
        match timeout(TEST_LIMIT, self.socket.next()).await.expect("something in time") {
            Some(Ok(frame @ (Frame::Text(_) | Frame::Binary(_)))) => {
                self.decoder.push(&frame.into_data());
                true
            }
            Some(Ok(Frame::Close(_)) | Err(_)) | None => false,
            Some(Ok(_)) => true,
        }
    }

    async fn next(&mut self) -> Option<Message> {
        loop {
            match self.decoder.next_message().expect("a message") {
                Some(Message::Ping) => {}
                Some(message) => return Some(message),
                None if self.read().await => {}
                None => return None,
            }
        }
    }

    pub(crate) async fn invoke(&mut self, target: &str, argument: Value) -> Result<Value, String> {
        self.calls += 1;
        let id = self.calls.to_string();
        let call = Message::Invocation {
            invocation_id: Some(id.clone()),
            target: target.into(),
            arguments: vec![argument].into(),
        };
        self.socket.send(Frame::text(encode(&call))).await.expect("sent");
        loop {
            match self.next().await.expect("the session lives") {
                Message::Completion { invocation_id, outcome } if invocation_id == id => {
                    return outcome.map(|result| result.unwrap_or_default().parse().expect("a value"));
                }
                other => self.kept.push(other),
            }
        }
    }

    /// Sends a call without waiting for its answer.
    pub(crate) async fn say(&mut self, target: &str, argument: Value) {
        let call = Message::Invocation { invocation_id: None, target: target.into(), arguments: vec![argument].into() };
        self.socket.send(Frame::text(encode(&call))).await.expect("sent");
    }

    /// The method of the first push; `None` if the session is closed before.
    pub(crate) async fn first_push_or_close(&mut self) -> Option<String> {
        loop {
            match self.next().await {
                Some(Message::Invocation { target, .. }) => return Some(target),
                Some(Message::Close { .. }) | None => return None,
                Some(_) => {}
            }
        }
    }

    /// Waits for the next push of this method and returns its first argument.
    pub(crate) async fn pushed(&mut self, method: &str) -> Value {
        let is_it = |message: &Message| matches!(message, Message::Invocation { target, .. } if target == method);
        let found = match self.kept.iter().position(is_it) {
            Some(at) => self.kept.remove(at),
            None => loop {
                match self.next().await.expect("the session lives") {
                    message if is_it(&message) => break message,
                    other => self.kept.push(other),
                }
            },
        };
        match found {
            Message::Invocation { arguments, .. } => arguments.first().expect("an argument"),
            _ => unreachable!("it was looked for"),
        }
    }

    /// Waits for the Close of the session: its error, and whether a reconnect is allowed.
    pub(crate) async fn closed(&mut self) -> (Option<String>, bool) {
        loop {
            if let Message::Close { error, allow_reconnect } = self.next().await.expect("a Close") {
                return (error, allow_reconnect);
            }
        }
    }

    /// Pushed messages that no test has taken.
    pub(crate) fn kept(&self) -> &[Message] {
        &self.kept
    }
}
