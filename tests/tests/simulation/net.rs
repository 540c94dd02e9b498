use flux_agent::config::LiveConfig;
use flux_agent::store::{Call, Method, Rest, RestError};
use flux_rcon::{ConnectError, Connection, Timeouts};
use flux_sandbox::game::Accept;
use flux_signalr::client::{BoxFuture, ByteStream, Dialer};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Method as HttpMethod, Request};
use hyper_util::rt::TokioIo;
use secrecy::ExposeSecret;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use turmoil::net::{TcpListener, TcpStream};

pub const STORE: &str = "store";
pub const GAME: &str = "game";
pub const AGENT: &str = "agent";
pub const TWIN: &str = "twin";
pub const STORE_PORT: u16 = 80;
pub const RCON_PORT: u16 = 25575;

/// The companion's listener.
pub struct StoreListener(pub TcpListener);

impl axum::serve::Listener for StoreListener {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            if let Ok(accepted) = self.0.accept().await {
                return accepted;
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// The game's listener.
pub struct GameListener(pub TcpListener);

impl Accept for GameListener {
    type Stream = TcpStream;

    async fn accept(&mut self) -> io::Result<TcpStream> {
        Ok(self.0.accept().await?.0)
    }
}

/// The agent's way to the store.
pub struct SimDialer;

impl Dialer for SimDialer {
    fn dial<'a>(&'a self, host: &'a str, port: u16, _tls: bool) -> BoxFuture<'a, io::Result<Box<dyn ByteStream>>> {
        Box::pin(async move { Ok(Box::new(TcpStream::connect((host, port)).await?) as Box<dyn ByteStream>) })
    }
}

/// The agent's way to the game.
pub struct SimRcon {
    pub password: secrecy::SecretString,
    pub timeouts: Timeouts,
}

impl flux_agent::game::GameDialer for SimRcon {
    fn dial(&self) -> BoxFuture<'_, Result<Connection, ConnectError>> {
        Box::pin(async move {
            let unreachable = |source| ConnectError::Unreachable { address: GAME.into(), source };
            let connect = tokio::time::timeout(self.timeouts.login, TcpStream::connect((GAME, RCON_PORT)));
            let stream =
                connect.await.map_err(|_| ConnectError::TimedOut { address: GAME.into() })?.map_err(unreachable)?;
            Connection::login(stream, &self.password, self.timeouts).await
        })
    }
}

/// The agent's REST calls.
pub struct SimRest {
    pub config: LiveConfig,
    pub journal: String,
}

impl Rest for SimRest {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Vec<u8>, RestError>> {
        Box::pin(async move {
            let method = match call.method {
                Method::Get => HttpMethod::GET,
                Method::Post => HttpMethod::POST,
            };
            let path = format!("/api/v1/agent{}", call.path);
            let token = self.config.get().store.token.expose();
            let headers = [
                ("authorization", format!("Bearer {}", token.expose_secret())),
                ("flux-journal", self.journal.clone()),
            ];
            let answer = tokio::time::timeout(
                Duration::from_secs(30),
                http(method, &path, &headers, call.body.unwrap_or_default()),
            );
            let (status, body) = answer
                .await
                .map_err(|_| RestError::Unreachable("timed out".into()))?
                .map_err(RestError::Unreachable)?;
            if (200..300).contains(&status) {
                Ok(body)
            } else {
                Err(RestError::Status { status, text: None, retry_after: None })
            }
        })
    }
}

/// One HTTP call to the store over the simulated network.
pub async fn http(
    method: HttpMethod,
    path: &str,
    headers: &[(&str, String)],
    body: Vec<u8>,
) -> Result<(u16, Vec<u8>), String> {
    let stream = TcpStream::connect((STORE, STORE_PORT)).await.map_err(|error| error.to_string())?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    tokio::spawn(connection);
    let mut request =
        Request::builder().method(method).uri(path).header("host", STORE).header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let request = request.body(Full::new(Bytes::from(body))).map_err(|error| error.to_string())?;
    let answer = sender.send_request(request).await.map_err(|error| error.to_string())?;
    let status = answer.status().as_u16();
    let bytes = answer.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes();
    Ok((status, bytes.to_vec()))
}
