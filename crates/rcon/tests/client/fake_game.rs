//! The game's side of a connection, which a test scripts step by step.

use flux_rcon::codec::{Decoder, KIND_LOGIN_REPLY, KIND_REPLY, Packet};
use flux_rcon::{Connection, Timeouts};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{Duration, timeout};

pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);

/// Ends a test that waits for a request in vain.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) struct FakeGame(pub(crate) DuplexStream);

pub(crate) fn pair() -> (DuplexStream, FakeGame) {
    let (client, game) = duplex(256 * 1024);
    (client, FakeGame(game))
}

/// A logged-in connection, and the game's side of it.
pub(crate) async fn logged_in() -> (Connection, FakeGame) {
    let (stream, mut game) = pair();
    let password = "secret".into();
    let (connection, ()) = tokio::join!(Connection::login(stream, &password, Timeouts::each(TIMEOUT)), async {
        let request = game.request().await;
        game.send(&Packet::new(request.id, KIND_LOGIN_REPLY, "")).await;
    });
    (connection.unwrap(), game)
}

impl FakeGame {
    /// Reads once, as vanilla does; the read must be exactly one packet.
    pub(crate) async fn request(&mut self) -> Packet {
        let mut bytes = [0; 1460];
        let read = timeout(REQUEST_TIMEOUT, self.0.read(&mut bytes)).await;
        let count = read.expect("the client sends a request").unwrap();
        let mut decoder = Decoder::default();
        decoder.feed(&bytes[..count]);
        let packet = decoder.next_packet().unwrap().expect("one read is one packet");
        assert!(decoder.is_empty(), "two requests in one read");
        packet
    }

    pub(crate) async fn send(&mut self, packet: &Packet) {
        self.bytes(&packet.encode()).await;
    }

    pub(crate) async fn reply(&mut self, id: i32, text: &str) {
        self.send(&Packet::new(id, KIND_REPLY, text)).await;
    }

    pub(crate) async fn bytes(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    /// True if the client has written nothing since the last read.
    pub(crate) async fn is_quiet(&mut self) -> bool {
        let mut byte = [0; 1];
        tokio::select! {
            biased;
            _ = self.0.read(&mut byte) => false,
            () = yield_many() => true,
        }
    }
}

/// Yields often enough for the other task to run until it waits.
pub(crate) async fn yield_many() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}
