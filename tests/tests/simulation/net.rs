//! The simulated network: listeners, dialers and HTTP calls on turmoil.

use flux_rcon::{ConnectError, Connection, Timeouts};
use flux_signalr::client::{BoxFuture, ByteStream};
use flux_testkit::game::Accept;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Method as HttpMethod, Request};
use hyper_util::rt::TokioIo;
use std::io;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use turmoil::net::{TcpListener, TcpStream};

pub const STORE: &str = "store";
pub const GAME: &str = "game";
pub const AGENT: &str = "agent";
pub const SECOND_AGENT: &str = "second-agent";
pub const PROXY: &str = "proxy";
pub const STORE_PORT: u16 = 80;
pub const RCON_PORT: u16 = 25575;
pub const CONTROL_PORT: u16 = 7_000;

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

/// The agent's connections to the game.
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

/// The port of the agent's control socket.
pub struct SimControl(pub TcpListener);

impl flux_agent::control::Listener for SimControl {
    fn accept(&self) -> BoxFuture<'_, io::Result<Box<dyn ByteStream>>> {
        Box::pin(async { Ok(Box::new(self.0.accept().await?.0) as Box<dyn ByteStream>) })
    }
}

/// Sends a request to the agent, as its command line does.
pub async fn ask_agent(request: &serde_json::Value) -> io::Result<serde_json::Value> {
    let mut stream = TcpStream::connect((AGENT, CONTROL_PORT)).await?;
    stream.write_all(format!("{request}\n").as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(serde_json::from_slice(&answer)?)
}

/// Makes one HTTP call to the store over the simulated network.
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
