//! Packets on the wire: `length i32 | id i32 | kind i32 | body | 0 | 0`, little-endian. `length` counts everything after it.
//!
//! Sources: Valve's "Source RCON Protocol" for the frame; the RCON threads of vanilla and Paper (1.8 to 26.x agree) for
//! the limits.
//!
//! ```
//! use flux_rcon::codec::{Decoder, KIND_COMMAND, Packet};
//!
//! let packet = Packet::new(2, KIND_COMMAND, "list");
//! let mut decoder = Decoder::default();
//! decoder.feed(&packet.encode());
//! assert_eq!(decoder.next_packet()?, Some(packet));
//! # Ok::<(), flux_rcon::codec::DecodeError>(())
//! ```

use std::borrow::Cow;

/// The kind of a login request, whose body is the password.
pub const KIND_LOGIN: i32 = 3;
/// The kind of a command request, whose body is the command.
pub const KIND_COMMAND: i32 = 2;
/// The kind of a login's answer, whose id is that of the request or [`ID_REFUSED`].
pub const KIND_LOGIN_REPLY: i32 = 2;
/// The kind of one piece of a command's answer.
pub const KIND_REPLY: i32 = 0;
/// The id of the answer to a wrong password, and to a command before the login.
pub const ID_REFUSED: i32 = -1;

/// The size of the one read with which a game receives a request, in bytes. It closes the connection if a read is not
/// exactly one packet (MC-72390, MC-87863).
pub const REQUEST_READ_BYTES: usize = 1460;
/// The size of the pieces into which vanilla splits an answer, in UTF-16 code units. A smaller piece is the last.
pub const REPLY_PIECE_UNITS: usize = 4096;

/// The smallest `length` in bytes: id, kind and two zero bytes.
pub const MIN_LENGTH: usize = 10;
/// The largest accepted `length` in bytes. Vanilla's largest is 12,298 (4,096 units of three bytes); other servers do not
/// split their answers.
pub const MAX_LENGTH: usize = 64 * 1024;

const LENGTH_FIELD_BYTES: usize = 4;
const TERMINATOR: [u8; 2] = [0, 0];

/// One packet, in either direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// The id, chosen by the client and repeated in the answers.
    pub id: i32,
    /// One of the `KIND_` constants, whose meaning depends on the direction.
    pub kind: i32,
    /// The body without its two zero bytes. All current servers send UTF-8.
    pub body: Vec<u8>,
}

impl Packet {
    /// Creates a packet. The caller keeps the body within [`MAX_LENGTH`] − [`MIN_LENGTH`] bytes.
    pub fn new(id: i32, kind: i32, body: impl Into<Vec<u8>>) -> Self {
        Packet { id, kind, body: body.into() }
    }

    /// Encodes the packet. Write it in a single call, so that it arrives in one read.
    pub fn encode(&self) -> Vec<u8> {
        let length = self.body.len() + MIN_LENGTH;
        debug_assert!(length <= MAX_LENGTH, "a body of {} bytes", self.body.len());
        let mut bytes = Vec::with_capacity(LENGTH_FIELD_BYTES + length);
        bytes.extend_from_slice(&(length as i32).to_le_bytes());
        bytes.extend_from_slice(&self.id.to_le_bytes());
        bytes.extend_from_slice(&self.kind.to_le_bytes());
        bytes.extend_from_slice(&self.body);
        bytes.extend_from_slice(&TERMINATOR);
        bytes
    }

    /// The body as text, with invalid UTF-8 replaced by U+FFFD.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

/// Bytes that are not RCON. Close the connection, since nothing after them can be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The length field is outside [`MIN_LENGTH`]..=[`MAX_LENGTH`].
    #[error("a packet length of {0} bytes, where {MIN_LENGTH} to {MAX_LENGTH} are allowed")]
    Length(i32),
    /// The packet does not end in two zero bytes.
    #[error("a packet that does not end in two zero bytes")]
    Terminator,
}

/// Finds packets in a stream, however it is split. If all packets are read between two feeds, it buffers at most one packet
/// and one feed.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: Vec<u8>,
}

impl Decoder {
    /// Adds received bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Returns the next complete packet, or `None` until more bytes arrive.
    ///
    /// # Errors
    ///
    /// A [`DecodeError`]; the stream cannot be used any more.
    pub fn next_packet(&mut self) -> Result<Option<Packet>, DecodeError> {
        let Some((length, rest)) = split_i32(&self.buffer) else { return Ok(None) };
        let size = usize::try_from(length)
            .ok()
            .filter(|size| (MIN_LENGTH..=MAX_LENGTH).contains(size))
            .ok_or(DecodeError::Length(length))?;
        let Some(frame) = rest.get(..size) else { return Ok(None) };
        let packet = parse(frame)?;
        self.buffer.drain(..LENGTH_FIELD_BYTES + size);
        Ok(Some(packet))
    }

    /// True if no part of a packet is buffered.
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }
}

/// Parses everything after the length field. A frame has at least [`MIN_LENGTH`] bytes, so only its end can be wrong.
fn parse(frame: &[u8]) -> Result<Packet, DecodeError> {
    let (id, rest) = split_i32(frame).ok_or(DecodeError::Terminator)?;
    let (kind, rest) = split_i32(rest).ok_or(DecodeError::Terminator)?;
    let body = rest.strip_suffix(&TERMINATOR).ok_or(DecodeError::Terminator)?;
    Ok(Packet::new(id, kind, body))
}

fn split_i32(bytes: &[u8]) -> Option<(i32, &[u8])> {
    bytes.split_first_chunk().map(|(field, rest)| (i32::from_le_bytes(*field), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn login_packet_matches_the_protocol() {
        let bytes = Packet::new(7, KIND_LOGIN, "pw").encode();
        assert_eq!(bytes, [12, 0, 0, 0, 7, 0, 0, 0, 3, 0, 0, 0, b'p', b'w', 0, 0]);
    }

    #[test]
    fn packet_fed_byte_by_byte_decodes_once() {
        let packet = Packet::new(-1, KIND_REPLY, "é𝄞");
        let mut decoder = Decoder::default();
        let bytes = packet.encode();
        let (last, first) = bytes.split_last().unwrap();
        for byte in first {
            decoder.feed(&[*byte]);
            assert_eq!(decoder.next_packet(), Ok(None));
        }
        decoder.feed(&[*last]);
        assert_eq!(decoder.next_packet(), Ok(Some(packet)));
        assert!(decoder.is_empty());
    }

    #[test]
    fn two_packets_in_one_feed_decode_in_order() {
        let (first, second) = (Packet::new(1, 0, ""), Packet::new(2, 0, "b"));
        let mut decoder = Decoder::default();
        decoder.feed(&[first.encode(), second.encode()].concat());
        assert_eq!(decoder.next_packet(), Ok(Some(first)));
        assert_eq!(decoder.next_packet(), Ok(Some(second)));
        assert_eq!(decoder.next_packet(), Ok(None));
    }

    #[test]
    fn lengths_outside_the_bounds_are_refused_at_once() {
        for length in [9, 0, -1, i32::MIN, i32::MAX, MAX_LENGTH as i32 + 1] {
            let mut decoder = Decoder::default();
            decoder.feed(&length.to_le_bytes());
            assert_eq!(decoder.next_packet(), Err(DecodeError::Length(length)));
        }
    }

    #[test]
    fn smallest_and_largest_packets_decode() {
        for body_bytes in [0, MAX_LENGTH - MIN_LENGTH] {
            let packet = Packet::new(1, KIND_REPLY, vec![b'x'; body_bytes]);
            let mut decoder = Decoder::default();
            decoder.feed(&packet.encode());
            assert_eq!(decoder.next_packet(), Ok(Some(packet)));
        }
    }

    #[test]
    fn packet_without_its_terminator_is_refused() {
        let mut bytes = Packet::new(1, KIND_REPLY, "abc").encode();
        *bytes.last_mut().unwrap() = 1;
        let mut decoder = Decoder::default();
        decoder.feed(&bytes);
        assert_eq!(decoder.next_packet(), Err(DecodeError::Terminator));
    }
}
