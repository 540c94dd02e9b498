use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::Poll;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::{Duration, timeout};

use crate::codec::{DecodeError, Decoder, Packet};
use crate::outcome::ReplyError;

/// Bytes taken in at once; vanilla's longest packet takes two reads.
const READ_BYTES: usize = 8 * 1024;

/// What a connection runs over: TCP in production, anything in tests.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Packets over a byte stream.
pub(crate) struct Wire {
    stream: Box<dyn Stream>,
    decoder: Decoder,
    /// What a read is taken into. Within a future it would be moved with it, at every call.
    taken: Box<[u8]>,
}

/// Where a write stopped.
pub(crate) enum SendError {
    /// The packet as a whole was not taken, so no game runs it.
    Before(io::Error),
    /// The same, for want of time.
    BeforeInTime,
    /// Taken, and then the stream failed.
    After(io::Error),
}

/// What was there before anything was asked.
pub(crate) enum Idle {
    /// Nothing, or whole packets only.
    Packets(Vec<Packet>),
    /// The other side is gone.
    Closed,
    /// Something that is not RCON, or half a packet.
    Garbage,
}

impl Wire {
    pub(crate) fn new(stream: impl Stream + 'static) -> Self {
        Wire { stream: Box::new(stream), decoder: Decoder::default(), taken: vec![0; READ_BYTES].into() }
    }

    /// Writes a packet in a single call, so that it leaves in a single segment.
    ///
    /// A write that fails or waits has taken nothing (the contract of `AsyncWrite`). One that took a part is not continued: the rest would
    /// be a second segment, on which vanilla closes the connection.
    pub(crate) async fn send(&mut self, packet: &Packet, limit: Duration) -> Result<(), SendError> {
        let bytes = packet.encode();
        let taken = timeout(limit, self.stream.write(&bytes)).await.map_err(|_| SendError::BeforeInTime)?;
        if taken.map_err(SendError::Before)? < bytes.len() {
            return Err(SendError::Before(io::ErrorKind::WriteZero.into()));
        }
        let flushed = timeout(limit, self.stream.flush()).await;
        flushed.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map_err(SendError::After)
    }

    /// Waits until more bytes have come.
    pub(crate) async fn fill(&mut self) -> Result<(), ReplyError> {
        match self.stream.read(&mut self.taken).await? {
            0 => Err(ReplyError::Closed),
            count => {
                self.decoder.feed(&self.taken[..count]);
                Ok(())
            }
        }
    }

    /// The next packet, waiting for it as long as the caller lets it.
    pub(crate) async fn receive(&mut self) -> Result<Packet, ReplyError> {
        loop {
            if let Some(packet) = self.decoder.next_packet()? {
                return Ok(packet);
            }
            self.fill().await?;
        }
    }

    /// What has come unasked, without waiting. A game that has stopped since the last line shows here, before a line is risked.
    pub(crate) async fn idle(&mut self) -> Idle {
        let mut buffer = ReadBuf::new(&mut self.taken);
        let read = poll_fn(|context| Poll::Ready(Pin::new(&mut self.stream).poll_read(context, &mut buffer))).await;
        match read {
            Poll::Pending => {}
            Poll::Ready(Ok(())) if !buffer.filled().is_empty() => self.decoder.feed(buffer.filled()),
            Poll::Ready(_) => return Idle::Closed,
        }
        match self.buffered() {
            Ok(packets) if self.decoder.is_empty() => Idle::Packets(packets),
            _ => Idle::Garbage,
        }
    }

    fn buffered(&mut self) -> Result<Vec<Packet>, DecodeError> {
        std::iter::from_fn(|| self.decoder.next_packet().transpose()).collect()
    }
}
