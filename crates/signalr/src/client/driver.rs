use std::{sync::Arc, time::Duration};

use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use serde_json::Value;
use tokio::{
    sync::{Notify, mpsc, watch},
    time::{Instant, timeout, timeout_at},
};
use tokio_tungstenite::tungstenite::{Error as SocketError, Message as Frame};

use super::{
    ClientOptions, Connection, ErrorClass, IncomingCall, Session, SessionEnd,
    connection::Shared,
    incoming::Replies,
    open::{Opened, Socket},
};
use crate::{
    calls::Calls,
    codec::{CodecError, Decoder, Message, encode},
    text::excerpt,
};

/// Starts the task that drives a session.
pub(super) fn start(opened: Opened, options: &ClientOptions) -> Session {
    let (outbox, queued) = mpsc::channel(options.max_queued_outgoing);
    let (incoming_sender, incoming) = mpsc::channel(options.max_queued_incoming);
    let (ended_sender, ended) = watch::channel(None);
    let calls = Arc::new(Calls::default());
    let stop = Arc::new(Notify::new());
    let reader = Reader {
        decoder: opened.decoder,
        incoming: incoming_sender,
        replies: Replies::new(outbox.downgrade(), options),
        calls: Arc::clone(&calls),
        server_timeout: options.server_timeout,
    };
    let driver = Driver { reader, queued, calls: Arc::clone(&calls), stop: Arc::clone(&stop), ended: ended_sender };
    tokio::spawn(driver.run(opened.socket, options.clone()));
    let shared = Shared { outbox, calls, stop, ended, max_send_bytes: options.max_send_bytes };
    Session { connection: Connection { shared: Arc::new(shared) }, incoming }
}

struct Driver {
    reader: Reader,
    queued: mpsc::Receiver<String>,
    calls: Arc<Calls>,
    stop: Arc<Notify>,
    ended: watch::Sender<Option<SessionEnd>>,
}

/// How a session came to its end.
enum End {
    /// The application wants no more of it.
    Left,
    /// The server closed it.
    Closed { error: Option<String>, allow_reconnect: bool },
    /// The server broke the protocol.
    Broken(CodecError),
    /// The connection is of no use any more.
    Lost(ErrorClass, String),
}

impl Driver {
    /// Reading and writing go on side by side in one task, so that neither ever waits for the other.
    async fn run(mut self, socket: Socket, options: ClientOptions) {
        let started = Instant::now();
        let (mut sink, mut stream) = socket.split();
        let end = tokio::select! { biased;
            () = self.stop.notified() => End::Left,
            end = self.reader.read(&mut stream) => end,
            end = write(&mut sink, &mut self.queued, &options) => end,
        };
        let lasted = started.elapsed();
        self.calls.close();
        // Dropping the reader closes the application's queue.
        drop(self.reader);
        let _ = timeout(options.stop_timeout, farewell(&end, &mut sink, &mut stream, &mut self.queued)).await;
        self.ended.send_replace(Some(end.describe(lasted)));
    }
}

struct Reader {
    decoder: Decoder,
    incoming: mpsc::Sender<IncomingCall>,
    replies: Replies,
    calls: Arc<Calls>,
    server_timeout: Duration,
}

impl Reader {
    async fn read(&mut self, stream: &mut SplitStream<Socket>) -> End {
        loop {
            match self.decoder.next_message() {
                Ok(Some(Message::Close { error, allow_reconnect })) => return End::Closed { error, allow_reconnect },
                Ok(Some(message)) => self.take(message).await,
                Ok(None) => match next_data(stream, self.server_timeout).await {
                    Ok(data) => self.decoder.push(&data),
                    Err(end) => return end,
                },
                Err(error) => return End::Broken(error),
            }
        }
    }

    async fn take(&mut self, message: Message) {
        match message {
            Message::Invocation { invocation_id, target, arguments } => {
                self.hand_over(invocation_id, target, arguments).await;
            }
            Message::Completion { invocation_id, outcome } => self.calls.settle(&invocation_id, outcome),
            Message::Ping | Message::Close { .. } => {}
            Message::Other { kind } => tracing::debug!(kind, "a message of unknown type"),
            // This client starts no streams and offers none.
            Message::StreamItem { .. } | Message::StreamInvocation { .. } | Message::CancelInvocation { .. } => {
                tracing::debug!("a message about a stream that does not exist");
            }
        }
    }

    /// Waits while the application's queue is full. If nobody takes from it any more the reply is dropped with the
    /// rest, and so the server hears of it.
    async fn hand_over(&mut self, id: Option<String>, target: String, arguments: Vec<Value>) {
        let reply = match id {
            None => None,
            Some(id) => match self.replies.open(id).await {
                Some(reply) => Some(reply),
                None => return,
            },
        };
        let _ = self.incoming.send(IncomingCall { target, arguments, reply }).await;
    }
}

/// The next data frame. WebSocket pings are no sign of life: the hub protocol has its own.
async fn next_data(stream: &mut SplitStream<Socket>, server_timeout: Duration) -> Result<bytes::Bytes, End> {
    let deadline = Instant::now() + server_timeout;
    loop {
        match timeout_at(deadline, stream.next()).await {
            Ok(Some(Ok(frame @ (Frame::Text(_) | Frame::Binary(_))))) => return Ok(frame.into_data()),
            Ok(Some(Ok(_))) => {}
            Ok(Some(Err(error))) => return Err(lost(&error)),
            Ok(None) => return Err(End::Lost(ErrorClass::Network, "the server closed the connection".to_owned())),
            Err(_) => {
                let text = format!("the server was silent for {server_timeout:?}");
                return Err(End::Lost(ErrorClass::ServerTimeout, text));
            }
        }
    }
}

/// Writes what is queued, and a ping when there is nothing for a while. The first ping goes out at once: with it
/// ASP.NET Core starts to watch whether the client is alive.
async fn write(
    sink: &mut SplitSink<Socket, Frame>,
    queued: &mut mpsc::Receiver<String>,
    options: &ClientOptions,
) -> End {
    let mut record = encode(&Message::Ping);
    loop {
        match timeout(options.server_timeout, sink.send(Frame::text(record))).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return lost(&error),
            Err(_) => return End::Lost(ErrorClass::ServerTimeout, "the server takes nothing any more".to_owned()),
        }
        record = match timeout(options.ping_interval, queued.recv()).await {
            Ok(Some(record)) => record,
            Ok(None) => return End::Left,
            Err(_) => encode(&Message::Ping),
        };
    }
}

fn lost(error: &SocketError) -> End {
    let class = match error {
        SocketError::Capacity(_) | SocketError::Protocol(_) | SocketError::Utf8(_) => ErrorClass::Protocol,
        _ => ErrorClass::Network,
    };
    End::Lost(class, format!("the connection was lost: {error}"))
}

/// The polite part of an end; the caller sets the time limit. Only one who leaves waits for the server's own close: it
/// is the sign that everything arrived. In all other cases that wait would only put off the reconnect.
async fn farewell(
    end: &End,
    sink: &mut SplitSink<Socket, Frame>,
    stream: &mut SplitStream<Socket>,
    queued: &mut mpsc::Receiver<String>,
) -> Result<(), SocketError> {
    queued.close();
    match end {
        End::Lost(..) => Ok(()),
        End::Closed { .. } | End::Broken(_) => sink.close().await,
        End::Left => {
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

impl End {
    fn describe(self, lasted: Duration) -> SessionEnd {
        let (class, text, allow_reconnect) = match self {
            Self::Left => (ErrorClass::Stopped, "stopped".to_owned(), true),
            Self::Closed { error: Some(error), allow_reconnect } => {
                (ErrorClass::ServerClose, excerpt(&error), allow_reconnect)
            }
            Self::Closed { error: None, allow_reconnect } => {
                (ErrorClass::ServerClose, "the server ended the session".to_owned(), allow_reconnect)
            }
            Self::Broken(error) => (ErrorClass::Protocol, format!("the server sent {error}"), true),
            Self::Lost(class, text) => (class, text, true),
        };
        SessionEnd { class, text, allow_reconnect, lasted }
    }
}
