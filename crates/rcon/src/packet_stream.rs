//! Packets over a byte stream, with the knowledge of whether a written packet can have reached the game.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::Poll;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::{Duration, timeout};

use crate::codec::{DecodeError, Decoder, Packet};
use crate::outcome::ReplyError;

/// The size of one read in bytes. Vanilla's largest packet takes two reads.
const READ_BYTES: usize = 8 * 1024;

/// The byte stream of a connection: TCP in production, any other in tests.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Packets over a byte stream.
pub(crate) struct PacketStream {
    stream: Box<dyn Stream>,
    decoder: Decoder,
    /// The read buffer. Inside a future it would be moved at every call.
    read_buffer: Box<[u8]>,
}

/// A failed write.
pub(crate) enum SendError {
    /// The packet was not accepted as a whole, so no game runs it.
    NotWritten(io::Error),
    /// The packet was not accepted in time, so no game runs it.
    TimedOut,
    /// The stream failed after it had accepted the packet.
    AfterWrite(io::Error),
}

/// Data that had arrived before a command was sent.
pub(crate) enum Unsolicited {
    /// Nothing, or complete packets only.
    Packets(Vec<Packet>),
    /// The game closed the connection.
    Closed,
    /// Data that is not RCON, or half a packet.
    Garbage,
}

impl PacketStream {
    pub(crate) fn new(stream: impl Stream + 'static) -> Self {
        PacketStream { stream: Box::new(stream), decoder: Decoder::default(), read_buffer: vec![0; READ_BYTES].into() }
    }

    /// Writes a packet in a single call, so that it leaves in a single segment.
    ///
    /// A write that fails or waits has accepted nothing (the contract of `AsyncWrite`). A partial write is not continued:
    /// the rest would be a second segment, on which vanilla closes the connection.
    pub(crate) async fn send(&mut self, packet: &Packet, limit: Duration) -> Result<(), SendError> {
        let bytes = packet.encode();
        let written = timeout(limit, self.stream.write(&bytes)).await.map_err(|_| SendError::TimedOut)?;
        if written.map_err(SendError::NotWritten)? < bytes.len() {
            return Err(SendError::NotWritten(io::ErrorKind::WriteZero.into()));
        }
        let flushed = timeout(limit, self.stream.flush()).await;
        flushed.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map_err(SendError::AfterWrite)
    }

    /// Waits until more bytes have arrived.
    pub(crate) async fn fill(&mut self) -> Result<(), ReplyError> {
        match self.stream.read(&mut self.read_buffer).await? {
            0 => Err(ReplyError::Closed),
            count => {
                self.decoder.feed(&self.read_buffer[..count]);
                Ok(())
            }
        }
    }

    /// Waits for the next packet; the caller limits the time.
    pub(crate) async fn receive(&mut self) -> Result<Packet, ReplyError> {
        loop {
            if let Some(packet) = self.decoder.next_packet()? {
                return Ok(packet);
            }
            self.fill().await?;
        }
    }

    /// Returns data that has already arrived, without waiting. It shows that a game has stopped before a command is risked.
    pub(crate) async fn unsolicited(&mut self) -> Unsolicited {
        let mut buffer = ReadBuf::new(&mut self.read_buffer);
        let read = poll_fn(|context| Poll::Ready(Pin::new(&mut self.stream).poll_read(context, &mut buffer))).await;
        match read {
            Poll::Pending => {}
            Poll::Ready(Ok(())) if !buffer.filled().is_empty() => self.decoder.feed(buffer.filled()),
            Poll::Ready(_) => return Unsolicited::Closed,
        }
        match self.buffered() {
            Ok(packets) if self.decoder.is_empty() => Unsolicited::Packets(packets),
            _ => Unsolicited::Garbage,
        }
    }

    fn buffered(&mut self) -> Result<Vec<Packet>, DecodeError> {
        std::iter::from_fn(|| self.decoder.next_packet().transpose()).collect()
    }
}
