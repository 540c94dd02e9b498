//! Splits a stream of bytes into records and decodes them.

use super::{CodecError, Message, RECORD_SEPARATOR};

/// Splits a stream of bytes into records, independent of WebSocket frames: a record may span several frames, and
/// several records may share one.
///
/// Read all records after every [`push`](Self::push); the buffer then holds at most one unfinished record of
/// `limit_bytes` and the bytes of one push. Drop the decoder after an error.
///
/// ```
/// use flux_signalr::codec::{Decoder, Message};
///
/// let mut decoder = Decoder::new(1024);
/// decoder.push(b"{\"type\":6}\x1e{\"type\"");
/// assert_eq!(decoder.next_message()?, Some(Message::Ping));
/// assert_eq!(decoder.next_message()?, None);
/// decoder.push(b":6}\x1e");
/// assert_eq!(decoder.next_message()?, Some(Message::Ping));
/// # Ok::<(), flux_signalr::codec::CodecError>(())
/// ```
#[derive(Debug)]
pub struct Decoder {
    buffer: Vec<u8>,
    /// The start of the next record.
    start: usize,
    /// No separator before this offset, so that a record that arrives in small pieces is searched only once.
    searched: usize,
    limit_bytes: usize,
}

impl Decoder {
    /// Creates a decoder for records of at most `limit_bytes` bytes without their separator.
    #[must_use]
    pub fn new(limit_bytes: usize) -> Self {
        Self { buffer: Vec::new(), start: 0, searched: 0, limit_bytes }
    }

    /// Adds received bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.start);
        self.searched -= self.start;
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// Returns the next complete record without its separator, or `None` until more bytes are pushed.
    ///
    /// # Errors
    ///
    /// [`CodecError::RecordTooLarge`], also for an unfinished record.
    pub fn next_record(&mut self) -> Result<Option<&[u8]>, CodecError> {
        let found = self.buffer[self.searched..].iter().position(|&byte| byte == RECORD_SEPARATOR);
        let end = found.map_or(self.buffer.len(), |offset| self.searched + offset);
        if end - self.start > self.limit_bytes {
            return Err(CodecError::RecordTooLarge { limit_bytes: self.limit_bytes });
        }
        if found.is_none() {
            self.searched = end;
            return Ok(None);
        }
        let record = self.start..end;
        self.start = end + 1;
        self.searched = self.start;
        Ok(Some(&self.buffer[record]))
    }

    /// Returns the next complete message, or `None` until more bytes are pushed.
    ///
    /// # Errors
    ///
    /// Those of [`Message::parse`] and [`next_record`](Self::next_record).
    pub fn next_message(&mut self) -> Result<Option<Message>, CodecError> {
        self.next_record()?.map(Message::parse).transpose()
    }
}
