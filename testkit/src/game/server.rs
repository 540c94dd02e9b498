//! The RCON server, with vanilla's wire behaviour.

use std::io;

use flux_rcon::codec::{
    ID_REFUSED, KIND_COMMAND, KIND_LOGIN, KIND_LOGIN_REPLY, KIND_REPLY, MIN_LENGTH, Packet, REPLY_PIECE_UNITS,
    REQUEST_READ_BYTES,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinSet;

use super::accept::{Accept, ByteStream};
use super::handle::{Game, Handled};
use super::limits::RCON_CONNECTIONS;
use crate::Error;

/// Longest packet in bytes; none is ever this long.
const GARBAGE: [u8; 16] = [0xff; 16];

/// The reason for which a connection ended.
enum Ended {
    Connection,
    /// The line was `stop`: the whole game ends.
    Game,
}

impl Game {
    /// Serves RCON until `shutdown`, or until a client sends `stop`, and then closes all connections. It fails only when the world cannot be
    /// saved or no connection can be accepted.
    pub async fn serve(&self, mut listener: impl Accept, shutdown: impl Future<Output = ()>) -> Result<(), Error> {
        self.start();
        let mut connections = JoinSet::new();
        let mut restarts = self.restarts();
        tokio::pin!(shutdown);
        loop {
            tokio::select! {
                biased;
                () = &mut shutdown => return Ok(()),
                Some(ended) = connections.join_next() => match ended {
                    Ok(Ok(Ended::Connection)) => {}
                    Ok(Ok(Ended::Game)) => return Ok(()),
                    Ok(Err(error)) => return Err(error),
                    Err(broken) if broken.is_cancelled() => {}
                    Err(error) => return Err(io::Error::other(error).into()),
                },
                Ok(()) = restarts.changed() => connections.abort_all(),
                accepted = listener.accept() => {
                    let stream = accepted?;
                    if connections.len() < RCON_CONNECTIONS {
                        connections.spawn(Client { game: self.clone(), stream, logged_in: false }.serve());
                    }
                }
            }
        }
    }
}

struct Client<S> {
    game: Game,
    stream: S,
    logged_in: bool,
}

impl<S: ByteStream> Client<S> {
    async fn serve(mut self) -> Result<Ended, Error> {
        // A client that disconnects is normal; only a failure of the world file ends the game.
        match self.requests().await {
            Err(Error::Io(_)) => Ok(Ended::Connection),
            ended => ended,
        }
    }

    /// Each read must be exactly one packet; otherwise the connection is closed without an answer.
    async fn requests(&mut self) -> Result<Ended, Error> {
        let mut buffer = [0; REQUEST_READ_BYTES];
        loop {
            let count = self.stream.read(&mut buffer).await?;
            let Some((id, kind, body)) = request(&buffer[..count]) else { return Ok(Ended::Connection) };
            match kind {
                KIND_LOGIN => {
                    self.logged_in = self.game.is_password(&body);
                    self.send(if self.logged_in { id } else { ID_REFUSED }, KIND_LOGIN_REPLY, "").await?;
                }
                KIND_COMMAND if !self.logged_in => self.send(ID_REFUSED, KIND_LOGIN_REPLY, "").await?,
                KIND_COMMAND => match self.game.handle(&body).await? {
                    Handled::Reply(text) => self.reply(id, &text).await?,
                    Handled::Silence => {}
                    Handled::Garbage => self.stream.write_all(&GARBAGE).await?,
                    Handled::Close => return Ok(self.ended()),
                },
                other => match self.game.flavour().entry("other-kinds") {
                    Some("close") => return Ok(Ended::Connection),
                    Some("refuse") => {
                        self.send(ID_REFUSED, KIND_LOGIN_REPLY, "").await?;
                        return Ok(Ended::Connection);
                    }
                    _ => self.reply(id, &format!("Unknown request {other:x}")).await?,
                },
            }
            if self.game.is_stopping() {
                return Ok(Ended::Game);
            }
        }
    }

    fn ended(&self) -> Ended {
        if self.game.is_stopping() { Ended::Game } else { Ended::Connection }
    }

    async fn reply(&mut self, id: i32, text: &str) -> io::Result<()> {
        let flavour = self.game.flavour();
        if flavour.has("uncut") {
            self.send(id, KIND_REPLY, text).await?;
        } else {
            for piece in pieces(text) {
                self.send(id, KIND_REPLY, &piece).await?;
            }
        }
        if flavour.has("second-packet") {
            self.send(id, KIND_REPLY, "").await?;
        }
        Ok(())
    }

    async fn send(&mut self, id: i32, kind: i32, body: &str) -> io::Result<()> {
        self.stream.write_all(&Packet::new(id, kind, body).encode()).await
    }
}

/// Id, kind and body of one read. The body ends at its first zero byte.
fn request(read: &[u8]) -> Option<(i32, i32, String)> {
    let (length, rest) = read.split_first_chunk()?;
    if usize::try_from(i32::from_le_bytes(*length)) != Ok(rest.len()) || rest.len() < MIN_LENGTH {
        return None;
    }
    let (id, rest) = rest.split_first_chunk()?;
    let (kind, rest) = rest.split_first_chunk()?;
    let body = rest.split(|byte| *byte == 0).next().unwrap_or_default();
    Some((i32::from_le_bytes(*id), i32::from_le_bytes(*kind), String::from_utf8_lossy(body).into_owned()))
}

/// Splits a text into packet bodies: at least one, each of at most 4,096 UTF-16 units and encoded alone, so that a character cut in two
/// becomes two question marks.
fn pieces(text: &str) -> Vec<String> {
    let units: Vec<u16> = text.encode_utf16().collect();
    if units.is_empty() {
        return vec![String::new()];
    }
    let piece = |units: &[u16]| char::decode_utf16(units.iter().copied()).map(|unit| unit.unwrap_or('?')).collect();
    units.chunks(REPLY_PIECE_UNITS).map(piece).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_at_4096_units_without_a_trailer() {
        let lengths = |text: String| pieces(&text).iter().map(|piece| piece.encode_utf16().count()).collect::<Vec<_>>();
        assert_eq!(lengths(String::new()), [0]);
        assert_eq!(lengths("é".repeat(4095)), [4095]);
        assert_eq!(lengths("é".repeat(4096)), [4096]);
        assert_eq!(lengths("é".repeat(8192)), [4096, 4096]);
        assert_eq!(lengths("é".repeat(8193)), [4096, 4096, 1]);
    }

    #[test]
    fn a_character_cut_in_two_becomes_two_question_marks() {
        assert_eq!(pieces(&("x".repeat(4095) + "😀y")), ["x".repeat(4095) + "?", "?y".to_owned()]);
    }

    #[test]
    fn a_request_is_exactly_one_packet() {
        let packet = Packet::new(5, KIND_COMMAND, "list\0hidden").encode();
        assert_eq!(request(&packet), Some((5, KIND_COMMAND, "list".to_owned())));
        assert_eq!(request(&packet[..packet.len() - 1]), None);
        assert_eq!(request(&[&*packet, &packet].concat()), None);
        assert_eq!(request(&[]), None);
    }
}
