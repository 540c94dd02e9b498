//! Shared helpers: a server on real loopback, an in-memory network for tests with a paused clock, and clients for both.

use std::{io, sync::Arc, time::Duration};

use axum::{Router, serve::Listener};
use flux_signalr::client::{
    BoxFuture, ByteStream, Client, ClientOptions, Dialer, Session, State, TcpDialer, TokenSource,
};
use secrecy::SecretString;
use tokio::{
    io::{DuplexStream, duplex},
    net::TcpListener,
    sync::{mpsc, watch},
    time::timeout,
};

/// Ends a test that hangs; no passing test waits for it.
pub(crate) const TEST_TIMEOUT: Duration = Duration::from_secs(300);

pub(crate) async fn with_timeout<T>(future: impl Future<Output = T>) -> T {
    timeout(TEST_TIMEOUT, future).await.expect("the test hangs")
}

/// Serves a router on a loopback port and returns `127.0.0.1:port`.
pub(crate) async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// An in-memory network with one server, whatever host name is dialled.
pub(crate) struct Pipes(mpsc::Sender<DuplexStream>);

impl Pipes {
    pub(crate) fn serve(router: Router) -> Arc<Self> {
        let (pipes, receiver) = Self::bare();
        tokio::spawn(async move { axum::serve(PipeListener(receiver), router).await });
        pipes
    }

    /// A network without a server: the test receives the far end of each connection.
    pub(crate) fn bare() -> (Arc<Self>, mpsc::Receiver<DuplexStream>) {
        let (sender, receiver) = mpsc::channel(8);
        (Arc::new(Self(sender)), receiver)
    }

    pub(crate) async fn connect(&self) -> DuplexStream {
        let (near, far) = duplex(64 * 1024);
        self.0.send(far).await.unwrap();
        near
    }
}

impl Dialer for Pipes {
    fn dial<'a>(&'a self, _: &'a str, _: u16, _: bool) -> BoxFuture<'a, io::Result<Box<dyn ByteStream>>> {
        Box::pin(async { Ok(Box::new(self.connect().await) as Box<dyn ByteStream>) })
    }
}

struct PipeListener(mpsc::Receiver<DuplexStream>);

impl Listener for PipeListener {
    type Io = DuplexStream;
    type Addr = ();

    async fn accept(&mut self) -> (DuplexStream, ()) {
        match self.0.recv().await {
            Some(stream) => (stream, ()),
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<()> {
        Ok(())
    }
}

/// A token that the test can replace.
pub(crate) struct Token(watch::Sender<&'static str>);

impl Token {
    pub(crate) fn new(token: &'static str) -> Arc<Self> {
        Arc::new(Self(watch::Sender::new(token)))
    }

    pub(crate) fn replace(&self, token: &'static str) {
        self.0.send_replace(token);
    }
}

impl TokenSource for Token {
    fn token(&self) -> Option<SecretString> {
        Some(self.0.borrow().to_string().into())
    }
}

pub(crate) fn options(url: &str) -> ClientOptions {
    ClientOptions::new(url.parse().unwrap())
}

/// A client over TCP whose random numbers are all 0, so that it retries at once.
pub(crate) fn eager_client(options: ClientOptions, token: &'static str) -> Client {
    Client::new(options, Arc::new(TcpDialer::new(None)), Token::new(token), Box::new(|_| 0))
}

/// A client on pipes whose random numbers are the largest, so that it waits as long as the backoff allows.
pub(crate) fn patient_client(options: ClientOptions, pipes: Arc<Pipes>) -> Client {
    Client::new(options, pipes, Token::new("good"), Box::new(|bound| bound - 1))
}

/// Runs the client until it reaches a state.
pub(crate) async fn wait_for_state(client: &mut Client, wanted: impl FnMut(&State) -> bool) -> State {
    let mut states = client.states();
    tokio::select! { biased;
        state = states.wait_for(wanted) => state.unwrap().clone(),
        _ = client.next_session() => panic!("it connected instead"),
    }
}

pub(crate) async fn session(client: &mut Client) -> Session {
    with_timeout(client.next_session()).await
}
