use super::{CodecError, Message, RECORD_SEPARATOR};

/// Cuts a stream of bytes into records. Frames mean nothing to it: a record may span several, several may share one.
///
/// It holds at most one unfinished record of `limit_bytes` and what one [`push`](Self::push) brought, as long as it is
/// emptied after every push. After an error it must not be used again.
#[derive(Debug)]
pub struct Decoder {
    buffer: Vec<u8>,
    /// Where the next record begins.
    start: usize,
    /// Up to here no separator was found, so that a record which comes in drops is not searched again and again.
    searched: usize,
    limit_bytes: usize,
}

impl Decoder {
    /// A decoder that takes records of up to `limit_bytes`, separator not counted.
    #[must_use]
    pub fn new(limit_bytes: usize) -> Self {
        Self { buffer: Vec::new(), start: 0, searched: 0, limit_bytes }
    }

    /// Adds what was received.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.start);
        self.searched -= self.start;
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole record without its separator, or `None` until more is pushed.
    ///
    /// # Errors
    /// [`CodecError::RecordTooLarge`], for an unfinished record too.
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

    /// The next whole message, or `None` until more is pushed.
    ///
    /// # Errors
    /// What [`Message::parse`] and [`next_record`](Self::next_record) say.
    pub fn next_message(&mut self) -> Result<Option<Message>, CodecError> {
        self.next_record()?.map(Message::parse).transpose()
    }
}
