//! The task that drives one session: it runs the reader beside the writer, and closes the socket at the end.

use std::{sync::Arc, time::Duration};

use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use tokio::{
    sync::{Notify, mpsc, watch},
    time::{Instant, timeout},
};
use tokio_tungstenite::tungstenite::{Error as SocketError, Message as Frame};

use super::{
    ClientOptions, Connection, ErrorClass, Session, SessionEnd,
    connect::{OpenSocket, Socket},
    connection::Shared,
    queue::queue,
    reader::Reader,
};
use crate::{
    codec::{CodecError, Message, encode},
    pending_calls::PendingCalls,
    text::excerpt,
};

/// Starts the task that drives a session.
pub(super) fn start(open: OpenSocket, options: &ClientOptions) -> Session {
    let (outbox, queued) = mpsc::channel(options.max_queued_outgoing);
    let (incoming_sender, incoming) = queue(options);
    let (ended_sender, ended) = watch::channel(None);
    let calls = Arc::new(PendingCalls::default());
    let stop = Arc::new(Notify::new());
    let reader = Reader::new(open.decoder, incoming_sender, outbox.downgrade(), Arc::clone(&calls), options);
    let driver = Driver { reader, queued, calls: Arc::clone(&calls), stop: Arc::clone(&stop), ended: ended_sender };
    tokio::spawn(driver.run(open.socket, options.clone()));
    let shared = Shared { outbox, calls, stop, ended, max_send_bytes: options.max_send_bytes };
    Session { connection: Connection { shared: Arc::new(shared) }, incoming }
}

struct Driver {
    reader: Reader,
    queued: mpsc::Receiver<String>,
    calls: Arc<PendingCalls>,
    stop: Arc<Notify>,
    ended: watch::Sender<Option<SessionEnd>>,
}

/// The cause of a session's end.
pub(super) enum EndCause {
    /// The application stopped the session.
    Stopped,
    /// The server sent Close.
    ServerClose { error: Option<String>, allow_reconnect: bool },
    /// The server broke the protocol.
    ProtocolError(CodecError),
    /// The connection failed.
    ConnectionFailed(ErrorClass, String),
}

impl Driver {
    /// Reads and writes side by side in one task, so that neither ever waits for the other.
    async fn run(mut self, socket: Socket, options: ClientOptions) {
        let started = Instant::now();
        let (mut sink, mut stream) = socket.split();
        let cause = tokio::select! { biased;
            () = self.stop.notified() => EndCause::Stopped,
            cause = self.reader.read(&mut stream) => cause,
            cause = write(&mut sink, &mut self.queued, &options) => cause,
        };
        let lasted = started.elapsed();
        self.calls.close();
        // Dropping the reader closes the application's queue of incoming calls.
        drop(self.reader);
        let _ = timeout(options.stop_timeout, close(&cause, &mut sink, &mut stream, &mut self.queued)).await;
        self.ended.send_replace(Some(cause.into_session_end(lasted)));
    }
}

/// Writes queued messages, and a ping after a pause. The first ping goes out at once, because ASP.NET Core starts to
/// check whether a client is alive at its first ping.
async fn write(
    sink: &mut SplitSink<Socket, Frame>,
    queued: &mut mpsc::Receiver<String>,
    options: &ClientOptions,
) -> EndCause {
    let mut record = encode(&Message::Ping);
    loop {
        match timeout(options.server_timeout, sink.send(Frame::text(record))).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return connection_failed(&error),
            Err(_) => {
                let text = format!("the server accepted no data for {:?}", options.server_timeout);
                return EndCause::ConnectionFailed(ErrorClass::ServerTimeout, text);
            }
        }
        record = match timeout(options.ping_interval, queued.recv()).await {
            Ok(Some(record)) => record,
            Ok(None) => return EndCause::Stopped,
            Err(_) => encode(&Message::Ping),
        };
    }
}

pub(super) fn connection_failed(error: &SocketError) -> EndCause {
    let class = match error {
        SocketError::Capacity(_) | SocketError::Protocol(_) | SocketError::Utf8(_) => ErrorClass::Protocol,
        _ => ErrorClass::Network,
    };
    EndCause::ConnectionFailed(class, format!("the connection was lost: {error}"))
}

/// Closes the socket as far as the cause allows; the caller limits the time.
///
/// Only after a stop does it wait for the server's own close, which shows that everything arrived. In all other cases
/// that wait would only delay the reconnect.
async fn close(
    cause: &EndCause,
    sink: &mut SplitSink<Socket, Frame>,
    stream: &mut SplitStream<Socket>,
    queued: &mut mpsc::Receiver<String>,
) -> Result<(), SocketError> {
    queued.close();
    match cause {
        EndCause::ConnectionFailed(..) => Ok(()),
        EndCause::ServerClose { .. } | EndCause::ProtocolError(_) => sink.close().await,
        EndCause::Stopped => {
            while let Ok(record) = queued.try_recv() {
                sink.send(Frame::text(record)).await?;
            }
            sink.send(Frame::text(encode(&Message::Close { error: None, allow_reconnect: false }))).await?;
            sink.close().await?;
            while let Some(Ok(_)) = stream.next().await {}
            Ok(())
        }
    }
}

impl EndCause {
    fn into_session_end(self, lasted: Duration) -> SessionEnd {
        let (class, text, allow_reconnect) = match self {
            Self::Stopped => (ErrorClass::Stopped, "stopped".to_owned(), true),
            Self::ServerClose { error: Some(error), allow_reconnect } => {
                (ErrorClass::ServerClose, excerpt(&error), allow_reconnect)
            }
            Self::ServerClose { error: None, allow_reconnect } => {
                (ErrorClass::ServerClose, "the server closed the session".to_owned(), allow_reconnect)
            }
            Self::ProtocolError(error) => (ErrorClass::Protocol, format!("the server sent {error}"), true),
            Self::ConnectionFailed(class, text) => (class, text, true),
        };
        SessionEnd { class, text, allow_reconnect, lasted }
    }
}
