//! Splits a stream of bytes into records and decodes them.

use super::{CodecError, Message, RECORD_SEPARATOR};

/// The buffer that a decoder keeps while no record is unfinished, in bytes.
const MAX_IDLE_BYTES: usize = 64 * 1024;

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
        self.make_room(bytes.len());
        self.buffer.extend_from_slice(bytes);
    }

    /// Gives the memory of large records back once they have been read, and lets the buffer grow to the limit at most,
    /// where a vector by itself would double.
    fn make_room(&mut self, bytes: usize) {
        if self.buffer.is_empty() && self.buffer.capacity() > MAX_IDLE_BYTES {
            self.buffer = Vec::new();
        }
        let needed = self.buffer.len().saturating_add(bytes);
        if needed > self.buffer.capacity() {
            let doubled = self.buffer.capacity().saturating_mul(2).min(self.limit_bytes);
            self.buffer.reserve_exact(needed.max(doubled) - self.buffer.len());
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT_BYTES: usize = 1024 * 1024;

    #[test]
    fn buffer_stays_within_the_limit_and_one_push() {
        let mut decoder = Decoder::new(LIMIT_BYTES);
        let piece = vec![b' '; 10_000];
        while decoder.next_record().is_ok() {
            decoder.push(&piece);
            assert!(decoder.buffer.capacity() <= LIMIT_BYTES + piece.len(), "{} bytes", decoder.buffer.capacity());
        }
    }

    #[test]
    fn buffer_of_a_large_record_is_given_back() {
        let mut decoder = Decoder::new(LIMIT_BYTES);
        let mut record = vec![b' '; LIMIT_BYTES];
        record.push(RECORD_SEPARATOR);
        decoder.push(&record);
        assert_eq!(decoder.next_record().unwrap().unwrap().len(), LIMIT_BYTES);
        decoder.push(b"{}");
        assert!(decoder.buffer.capacity() <= MAX_IDLE_BYTES, "{} bytes", decoder.buffer.capacity());
    }
}
