//! A logged-in connection that runs one command at a time.

use std::fmt;

use secrecy::SecretString;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Duration, timeout};

use crate::codec::{ID_REFUSED, KIND_COMMAND, KIND_LOGIN_REPLY, Packet, REPLY_PIECE_UNITS};
use crate::login::{LOGIN_ID, login};
use crate::outcome::{ConnectError, Outcome, ReplyError, SendRejected};
use crate::packet_stream::{PacketStream, SendError, Unsolicited};

/// The longest command in bytes of UTF-8. Vanilla reads 1,446 bytes of body at once; tunnels and small MTUs leave less for
/// one segment.
pub const MAX_COMMAND_BYTES: usize = 1400;
/// The longest accepted answer in bytes. A list of 5,000 players with UUIDs takes a third of it.
pub const MAX_REPLY_BYTES: usize = 1024 * 1024;

/// The longest wait for the answer to [`SILENCE_PROBE`]. A game that is alive answers within a tick.
const SILENCE_PROBE_WAIT: Duration = Duration::from_secs(5);
/// The wait for an answer where the game is known to send none to silent commands.
const SILENT_GAME_WAIT: Duration = Duration::from_secs(1);
/// A harmless command that every game answers. Its answer shows that the command before it ran without one.
const SILENCE_PROBE: &str = "list";

/// A request kind that no game knows. Vanilla and Paper answer it at once, without the main thread, so its answer marks
/// the end of the one before it.
const KIND_END_MARKER: i32 = 0;

/// The time limits of each step.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For the TCP connection, and again for the login.
    pub login: Duration,
    /// For writing a request to the operating system.
    pub write: Duration,
    /// From a request to the first byte of its answer. The game answers between two ticks, so this is how long it may
    /// freeze.
    pub first_byte: Duration,
    /// From the first byte to the complete answer.
    pub whole_reply: Duration,
}

impl Timeouts {
    /// The same time for every step.
    pub fn each(timeout: Duration) -> Self {
        Timeouts { login: timeout, write: timeout, first_byte: timeout, whole_reply: timeout }
    }
}

/// A logged-in connection that runs one command at a time.
///
/// Once a command has no complete answer, the connection is poisoned and must be replaced: a late answer would be taken
/// for that of the next command.
pub struct Connection {
    stream: PacketStream,
    timeouts: Timeouts,
    last_id: i32,
    poisoned: bool,
    /// The game has left a command without an answer and answered the next one (Pumpkin).
    is_silent_game: bool,
}

impl Connection {
    /// Connects over TCP to `address` (`host:port`) and logs in.
    ///
    /// # Errors
    ///
    /// A [`ConnectError`], whose text names what the admin can check.
    pub async fn open(address: &str, password: &SecretString, timeouts: Timeouts) -> Result<Self, ConnectError> {
        let unreachable = |source| ConnectError::Unreachable { address: address.to_owned(), source };
        let stream = timeout(timeouts.login, TcpStream::connect(address))
            .await
            .map_err(|_| ConnectError::TimedOut { address: address.to_owned() })?
            .map_err(unreachable)?;
        stream.set_nodelay(true).map_err(unreachable)?;
        Self::login(stream, password, timeouts).await
    }

    /// Logs in over an existing stream. Turn off Nagle's algorithm on a TCP stream first.
    ///
    /// # Errors
    ///
    /// A [`ConnectError`].
    pub async fn login(
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        password: &SecretString,
        timeouts: Timeouts,
    ) -> Result<Self, ConnectError> {
        let stream = login(PacketStream::new(stream), password, timeouts).await?;
        Ok(Connection { stream, timeouts, last_id: LOGIN_ID, poisoned: false, is_silent_game: false })
    }

    /// Runs one command, without a leading slash, and waits for its complete answer.
    ///
    /// The future may be dropped at any point; then the connection is poisoned and the outcome of the command unknown.
    pub async fn run(&mut self, command: &str) -> Outcome {
        match self.prepare(command).await {
            Err(error) => Outcome::NotSent(error),
            Ok(request) => self.send(&request).await,
        }
    }

    /// Waits between commands until something happens to the connection: true if the game closed it, false if unexpected
    /// data arrived, which the next command checks. The future may be dropped at any point.
    pub async fn closed(&mut self) -> bool {
        self.stream.fill().await.is_err()
    }

    /// True if the connection must be replaced.
    pub fn is_poisoned(&self) -> bool {
        self.poisoned
    }

    /// Checks the command and the connection, and makes the request.
    async fn prepare(&mut self, command: &str) -> Result<Packet, SendRejected> {
        if self.poisoned {
            return Err(SendRejected::Poisoned);
        }
        if command.len() > MAX_COMMAND_BYTES {
            return Err(SendRejected::TooLong { bytes: command.len() });
        }
        if command.contains(['\0', '\r', '\n']) {
            return Err(SendRejected::ControlCharacter);
        }
        // The runtime polls its sockets when tasks yield, so afterwards it knows whether the game has closed the connection.
        tokio::task::yield_now().await;
        self.poisoned = true;
        match self.stream.unsolicited().await {
            Unsolicited::Packets(packets) if packets.iter().all(|packet| self.is_old(packet.id, self.last_id + 1)) => {}
            Unsolicited::Closed => return Err(SendRejected::Closed),
            Unsolicited::Packets(_) | Unsolicited::Garbage => return Err(SendRejected::Unexpected),
        }
        Ok(Packet::new(self.next_id().ok_or(SendRejected::Poisoned)?, KIND_COMMAND, command))
    }

    /// Sends a request. The connection stays poisoned until the answer is complete.
    async fn send(&mut self, request: &Packet) -> Outcome {
        match self.stream.send(request, self.timeouts.write).await {
            Ok(()) => self.reply(request.id).await.unwrap_or_else(Outcome::Unknown),
            Err(SendError::NotWritten(error)) => Outcome::NotSent(SendRejected::Write(error)),
            Err(SendError::TimedOut) => Outcome::NotSent(SendRejected::WriteTimedOut),
            Err(SendError::AfterWrite(error)) => Outcome::Unknown(error.into()),
        }
    }

    async fn reply(&mut self, id: i32) -> Result<Outcome, ReplyError> {
        let Timeouts { first_byte, whole_reply, .. } = self.timeouts;
        let wait = if self.is_silent_game { first_byte.min(SILENT_GAME_WAIT) } else { first_byte };
        match timeout(wait, self.stream.fill()).await {
            Ok(filled) => filled?,
            Err(_) => return self.after_silence(id).await,
        }
        timeout(whole_reply, self.whole_reply(id)).await.map_err(|_| ReplyError::Incomplete)?
    }

    /// Reads the pieces of an answer. Vanilla does not mark the end, so after a full first piece an end marker is requested.
    /// Not earlier: the game has read the command by now, so it cannot receive both requests in one read, after which it
    /// would close the connection.
    async fn whole_reply(&mut self, id: i32) -> Result<Outcome, ReplyError> {
        let first = self.receive_from(id).await?;
        if is_login_refusal(&first) {
            return Ok(Outcome::Rejected);
        }
        if !may_be_cut(&first) {
            return Ok(self.replied(first.body));
        }
        // From here on the command has run, whatever becomes of the rest of its answer.
        match self.request(KIND_END_MARKER, "").await {
            Ok(end_marker) => Ok(self.read_until(id, end_marker, first.body).await),
            Err(_) => Ok(Outcome::Replied(text(&first.body))),
        }
    }

    /// Finds out whether a game without an answer is frozen, or has run the command and says nothing. Games take commands
    /// in order, so the answer to a later one shows that this one ran.
    async fn after_silence(&mut self, id: i32) -> Result<Outcome, ReplyError> {
        let Timeouts { first_byte, .. } = self.timeouts;
        let probe = self.request(KIND_COMMAND, SILENCE_PROBE).await.map_err(|_| ReplyError::NoReply)?;
        let wait = if self.is_silent_game { first_byte } else { first_byte.min(SILENCE_PROBE_WAIT) };
        let first = match timeout(wait, self.receive_from(id)).await {
            Ok(packet) => packet?,
            Err(_) => return Err(ReplyError::NoReply),
        };
        if is_login_refusal(&first) {
            return Ok(Outcome::Rejected);
        }
        if first.id == probe {
            self.is_silent_game = true;
            return Ok(self.replied(Vec::new()));
        }
        Ok(self.read_until(id, probe, first.body).await)
    }

    /// Sends a further request after the one whose answer is awaited, and returns its id.
    async fn request(&mut self, kind: i32, body: &str) -> Result<i32, ReplyError> {
        let id = self.next_id().ok_or(ReplyError::Incomplete)?;
        match self.stream.send(&Packet::new(id, kind, body), self.timeouts.write).await {
            Ok(()) => Ok(id),
            Err(SendError::NotWritten(error) | SendError::AfterWrite(error)) => Err(ReplyError::Io(error)),
            Err(SendError::TimedOut) => Err(ReplyError::Incomplete),
        }
    }

    /// Reads further pieces of answer `id` until the answer to `last`. The command has run: if the rest does not come, the
    /// pieces are its answer, and the connection stays poisoned.
    async fn read_until(&mut self, id: i32, last: i32, mut body: Vec<u8>) -> Outcome {
        let is_whole = timeout(self.timeouts.whole_reply, async {
            loop {
                match self.receive_from(id).await {
                    Ok(packet) if packet.id == last => return true,
                    // The server took the end marker for a login (Pumpkin), or the answer is too long to keep.
                    Ok(packet) if is_login_refusal(&packet) || body.len() + packet.body.len() > MAX_REPLY_BYTES => {
                        return false;
                    }
                    Ok(packet) => body.extend_from_slice(&packet.body),
                    Err(_) => return false,
                }
            }
        })
        .await;
        if is_whole == Ok(true) { self.replied(body) } else { Outcome::Replied(text(&body)) }
    }

    /// Waits for a packet that answers request `id` or a later one, and drops answers to earlier ones (Cuberite sends two
    /// answers to one command).
    async fn receive_from(&mut self, id: i32) -> Result<Packet, ReplyError> {
        loop {
            let packet = self.stream.receive().await?;
            if (id..=self.last_id).contains(&packet.id) || is_login_refusal(&packet) {
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

    /// The next request id; `None` after about two thousand million requests, because ids are not reused.
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

/// True if further pieces may follow a first piece. Vanilla's pieces have exactly [`REPLY_PIECE_UNITS`] units, other servers
/// count bytes. A longer packet comes from a server that does not cut, and may not understand an end marker (Cuberite).
fn may_be_cut(piece: &Packet) -> bool {
    piece.text().encode_utf16().count() == REPLY_PIECE_UNITS || piece.body.len() == REPLY_PIECE_UNITS
}

/// True if a packet refuses a login.
pub(crate) fn is_login_refusal(packet: &Packet) -> bool {
    packet.id == ID_REFUSED && packet.kind == KIND_LOGIN_REPLY
}

fn text(body: &[u8]) -> String {
    String::from_utf8_lossy(body).into_owned()
}
