use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Duration, timeout};

use crate::codec::{ID_REFUSED, KIND_COMMAND, KIND_LOGIN, KIND_LOGIN_REPLY, KIND_REPLY, Packet, REPLY_PIECE_UNITS};
use crate::outcome::{ConnectError, Outcome, ReplyError, SendRejected};
use crate::wire::{Idle, SendError, Wire};

/// The longest line in UTF-8. Vanilla reads 1,446 bytes of body at once; tunnels and small MTUs leave less for a segment.
pub const MAX_COMMAND_BYTES: usize = 1400;
/// The longest answer kept. A list of 5,000 players with UUIDs takes a third of it.
pub const MAX_REPLY_BYTES: usize = 1024 * 1024;

/// A request kind no game knows. Vanilla and Paper answer it at once without touching the game's main thread.
const KIND_MARKER: i32 = 0;
const LOGIN_ID: i32 = 1;

/// How long each step may take.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For the TCP connection, and again for the login.
    pub login: Duration,
    /// For the operating system to take a request.
    pub write: Duration,
    /// From a request until anything comes back. The game answers between two ticks, so this is how long it may freeze.
    pub first_byte: Duration,
    /// From then until the answer is whole.
    pub whole_reply: Duration,
}

impl Timeouts {
    /// The same time for every step.
    pub fn each(timeout: Duration) -> Self {
        Timeouts { login: timeout, write: timeout, first_byte: timeout, whole_reply: timeout }
    }
}

/// A logged-in connection with one line in flight at a time (`&mut`).
///
/// It is poisoned, and must be replaced, once a line has no whole answer: a late answer would be taken for the next line's.
pub struct Connection {
    wire: Wire,
    timeouts: Timeouts,
    last_id: i32,
    poisoned: bool,
}

impl Connection {
    /// Connects over TCP to `host:port` and logs in.
    pub async fn open(address: &str, password: &SecretString, timeouts: Timeouts) -> Result<Self, ConnectError> {
        let unreachable = |source| ConnectError::Unreachable { address: address.to_owned(), source };
        let stream = timeout(timeouts.login, TcpStream::connect(address))
            .await
            .map_err(|_| ConnectError::TimedOut { address: address.to_owned() })?
            .map_err(unreachable)?;
        stream.set_nodelay(true).map_err(unreachable)?;
        Self::login(stream, password, timeouts).await
    }

    /// Logs in over a stream that is already there. A stream that delays small writes must have been told not to.
    pub async fn login(
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        password: &SecretString,
        timeouts: Timeouts,
    ) -> Result<Self, ConnectError> {
        let password = password.expose_secret();
        if password.is_empty() || password.len() > MAX_COMMAND_BYTES || password.contains('\0') {
            return Err(ConnectError::UnusablePassword);
        }
        let mut wire = Wire::new(stream);
        wire.send(&Packet::new(LOGIN_ID, KIND_LOGIN, password), timeouts.write).await.map_err(|error| match error {
            SendError::Before(error) | SendError::After(error) => ConnectError::Io(error),
            SendError::BeforeInTime => ConnectError::NoAnswer,
        })?;
        timeout(timeouts.login, login_reply(&mut wire)).await.map_err(|_| ConnectError::NoAnswer)??;
        Ok(Connection { wire, timeouts, last_id: LOGIN_ID, poisoned: false })
    }

    /// Sends one line, without a leading slash, and waits for its whole answer.
    ///
    /// A caller may drop the future at any point; the connection is poisoned then, and the line's outcome is unknown.
    pub async fn run(&mut self, line: &str) -> Outcome {
        match self.prepare(line).await {
            Err(refusal) => Outcome::NotSent(refusal),
            Ok(request) => self.send(&request).await,
        }
    }

    /// Waits, with no line in flight, until something happens to the connection: true when the game has closed it, false when something
    /// has come unasked, which the next line looks at. A caller may drop the future at any point.
    pub async fn closed(&mut self) -> bool {
        self.wire.fill().await.is_err()
    }

    /// Whether the connection must be replaced.
    pub fn is_poisoned(&self) -> bool {
        self.poisoned
    }

    async fn prepare(&mut self, line: &str) -> Result<Packet, SendRejected> {
        if self.poisoned {
            return Err(SendRejected::Poisoned);
        }
        if line.len() > MAX_COMMAND_BYTES {
            return Err(SendRejected::TooLong { bytes: line.len() });
        }
        if line.contains(['\0', '\r', '\n']) {
            return Err(SendRejected::ControlCharacter);
        }
        // The runtime looks at its sockets between two turns, so after one it knows about a game that has gone.
        tokio::task::yield_now().await;
        self.poisoned = true;
        match self.wire.idle().await {
            Idle::Packets(packets) if packets.iter().all(|packet| self.is_old(packet.id, self.last_id + 1)) => {}
            Idle::Closed => return Err(SendRejected::Closed),
            Idle::Packets(_) | Idle::Garbage => return Err(SendRejected::Unexpected),
        }
        Ok(Packet::new(self.next_id().ok_or(SendRejected::Poisoned)?, KIND_COMMAND, line))
    }

    /// From here the connection is poisoned until the whole answer is in.
    async fn send(&mut self, request: &Packet) -> Outcome {
        match self.wire.send(request, self.timeouts.write).await {
            Ok(()) => self.reply(request.id).await.unwrap_or_else(Outcome::Unknown),
            Err(SendError::Before(error)) => Outcome::NotSent(SendRejected::Write(error)),
            Err(SendError::BeforeInTime) => Outcome::NotSent(SendRejected::WriteTimedOut),
            Err(SendError::After(error)) => Outcome::Unknown(error.into()),
        }
    }

    async fn reply(&mut self, id: i32) -> Result<Outcome, ReplyError> {
        let Timeouts { first_byte, whole_reply, .. } = self.timeouts;
        timeout(first_byte, self.wire.fill()).await.map_err(|_| ReplyError::NoReply)??;
        timeout(whole_reply, self.whole_reply(id)).await.map_err(|_| ReplyError::Incomplete)?
    }

    /// The pieces of an answer. Vanilla sends no end, so a full first piece asks for the marker, and only then: the game has consumed
    /// the line by now, so both cannot reach it in one read, on which it would close the connection.
    async fn whole_reply(&mut self, id: i32) -> Result<Outcome, ReplyError> {
        let first = self.receive_from(id).await?;
        if is_refusal(&first) {
            return Ok(Outcome::Rejected);
        }
        if first.text().encode_utf16().count() < REPLY_PIECE_UNITS {
            return Ok(self.replied(first.body));
        }
        let marker = self.next_id().ok_or(ReplyError::Incomplete)?;
        self.wire.send(&Packet::new(marker, KIND_MARKER, ""), self.timeouts.write).await.map_err(
            |error| match error {
                SendError::Before(error) | SendError::After(error) => ReplyError::Io(error),
                SendError::BeforeInTime => ReplyError::Incomplete,
            },
        )?;
        self.until_marker(id, marker, first.body).await
    }

    async fn until_marker(&mut self, id: i32, marker: i32, mut body: Vec<u8>) -> Result<Outcome, ReplyError> {
        loop {
            let packet = self.receive_from(id).await?;
            if packet.id == marker {
                return Ok(self.replied(body));
            }
            if is_refusal(&packet) {
                // A server that takes the marker for a login (Pumpkin): the answer is whole, the connection of no more use.
                return Ok(Outcome::Replied(text(&body)));
            }
            body.extend_from_slice(&packet.body);
            if body.len() > MAX_REPLY_BYTES {
                return Err(ReplyError::TooLong);
            }
        }
    }

    /// The next packet that answers request `id` or a later one; answers to earlier ones are dropped (Cuberite sends two for one line).
    async fn receive_from(&mut self, id: i32) -> Result<Packet, ReplyError> {
        loop {
            let packet = self.wire.receive().await?;
            if (id..=self.last_id).contains(&packet.id) || is_refusal(&packet) {
                return Ok(packet);
            }
            if !self.is_old(packet.id, id) {
                return Err(ReplyError::WrongId(packet.id));
            }
        }
    }

    fn replied(&mut self, body: Vec<u8>) -> Outcome {
        self.poisoned = false;
        Outcome::Replied(text(&body))
    }

    fn is_old(&self, id: i32, current: i32) -> bool {
        (LOGIN_ID..current).contains(&id)
    }

    /// `None` after two thousand million requests: ids are not used twice on a connection.
    fn next_id(&mut self) -> Option<i32> {
        self.last_id = self.last_id.checked_add(1)?;
        Some(self.last_id)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("last_id", &self.last_id)
            .field("poisoned", &self.poisoned)
            .finish_non_exhaustive()
    }
}

/// Waits for the login's answer. Valve's servers send an empty reply first.
async fn login_reply(wire: &mut Wire) -> Result<(), ConnectError> {
    loop {
        let packet = wire.receive().await.map_err(|cause| match cause {
            ReplyError::Closed => ConnectError::Closed,
            ReplyError::Io(error) => ConnectError::Io(error),
            _ => ConnectError::NotRcon,
        })?;
        match packet {
            Packet { id: LOGIN_ID, kind: KIND_LOGIN_REPLY, .. } => return Ok(()),
            Packet { id: LOGIN_ID, kind: KIND_REPLY, .. } => {}
            _ if is_refusal(&packet) => return Err(ConnectError::WrongPassword),
            _ => return Err(ConnectError::NotRcon),
        }
    }
}

fn is_refusal(packet: &Packet) -> bool {
    packet.id == ID_REFUSED && packet.kind == KIND_LOGIN_REPLY
}

fn text(body: &[u8]) -> String {
    String::from_utf8_lossy(body).into_owned()
}
