use std::pin::{Pin, pin};

use axum::{
    Error as SocketError,
    extract::ws::{CloseFrame, Message as Frame, WebSocket, close_code},
};
use bytes::Bytes;
use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout, timeout_at},
};

use super::{
    Caller, Hub, HubConnection, HubOptions, HubService,
    connection::Closing,
    pace::Pace,
    table::Seat,
    work::{Job, guarded, work},
};
use crate::codec::{Decoder, HandshakeRequest, HandshakeResponse, Message, encode};

/// How a connection came to its end.
enum End {
    /// There is somebody to say Close to.
    Close(Closing),
    /// There is not.
    Lost,
}

/// One socket, from the handshake to its end.
pub(super) async fn run<S: HubService>(
    hub: Hub<S>,
    socket: WebSocket,
    caller: Caller<S::Identity>,
    mut seat: Seat<S::Identity>,
) {
    let (service, options) = (&*hub.inner.service, &hub.inner.options);
    let connection = &caller.connection;
    let (sink, stream) = socket.split();
    let mut wire = Wire { sink, stream, decoder: Decoder::new(options.max_receive_bytes) };
    if !wire.greet(connection, options).await {
        connection.close(None, true);
        return;
    }
    tracing::debug!(connection.id = connection.id(), "a client connected");

    let (jobs, queue) = mpsc::channel(options.max_queued_invocations);
    let mut working = true;
    let mut work = pin!(work(service, &caller, queue, options));
    // Reading, writing and working go on side by side in one task, so that none ever waits for another.
    let end = tokio::select! { biased;
        closing = connection.closing() => End::Close(closing),
        end = read(&mut wire.stream, &mut wire.decoder, &jobs, connection, options) => end,
        end = write(&mut wire.sink, &mut seat.queued, connection, options) => end,
        () = &mut work => {
            working = false;
            End::Close(connection.closing().await)
        }
    };
    drop(jobs);
    connection.abandon_calls();
    let ending = async {
        let work = working.then_some(work.as_mut());
        match &end {
            End::Lost => {
                connection.close(None, true);
                seat.queued.close();
                finish(work).await;
            }
            End::Close(closing) => {
                connection.close(closing.error.clone(), closing.allow_reconnect);
                wire.farewell(work, &mut seat.queued, connection, options).await;
            }
        }
    };
    let _ = timeout(options.close_timeout, ending).await;
    guarded(service.disconnected(&caller)).await;
    tracing::debug!(connection.id = connection.id(), "a client disconnected");
}

async fn finish(work: Option<Pin<&mut impl Future<Output = ()>>>) {
    if let Some(work) = work {
        work.await;
    }
}

struct Wire {
    sink: SplitSink<WebSocket, Frame>,
    stream: SplitStream<WebSocket>,
    decoder: Decoder,
}

impl Wire {
    /// The handshake; false when there is to be no session.
    async fn greet(&mut self, connection: &HubConnection, options: &HubOptions) -> bool {
        let refuse = |error: String| Some(HandshakeResponse { error: Some(error) });
        let response = tokio::select! { biased;
            _ = connection.closing() => refuse("the server is shutting down".to_owned()),
            asked = timeout(options.handshake_timeout, self.handshake()) => match asked {
                Ok(response) => response,
                Err(_) => refuse("the handshake did not come in time".to_owned()),
            },
        };
        let Some(response) = response else { return false };
        let talk = async {
            let sent = self.sink.send(Frame::text(response.encode())).await;
            if response.error.is_some() {
                self.close().await?;
            }
            sent
        };
        matches!(timeout(options.close_timeout, talk).await, Ok(Ok(()))) && response.error.is_none()
    }

    /// The answer to the client's handshake; `None` when the client has gone.
    async fn handshake(&mut self) -> Option<HandshakeResponse> {
        let refuse = |error: &dyn std::fmt::Display| Some(HandshakeResponse { error: Some(error.to_string()) });
        loop {
            match self.decoder.next_record().map(|record| record.map(HandshakeRequest::parse)) {
                Ok(Some(Ok(request))) => return Some(request.answer()),
                Ok(Some(Err(error))) | Err(error) => return refuse(&error),
                Ok(None) => match next_data(&mut self.stream).await {
                    Some(Ok(data)) => self.decoder.push(&data),
                    Some(Err(error)) => return refuse(&error),
                    None => return None,
                },
            }
        }
    }

    /// The answer to a running call, what is queued, Close, and the client's own close; the caller sets the time limit.
    async fn farewell(
        &mut self,
        work: Option<Pin<&mut impl Future<Output = ()>>>,
        queued: &mut mpsc::Receiver<String>,
        connection: &HubConnection,
        options: &HubOptions,
    ) {
        tokio::select! { biased;
            () = finish(work) => {}
            _ = write(&mut self.sink, queued, connection, options) => return,
        }
        let goodbye = async {
            while let Ok(record) = queued.try_recv() {
                self.sink.send(Frame::text(record)).await?;
            }
            let Closing { error, allow_reconnect } = connection.closing().await;
            self.sink.send(Frame::text(encode(&Message::Close { error, allow_reconnect }))).await?;
            self.close().await
        };
        // It fails when the client has gone by itself.
        let _ = goodbye.await;
    }

    /// The WebSocket's own close, both ways.
    async fn close(&mut self) -> Result<(), SocketError> {
        let frame = CloseFrame { code: close_code::NORMAL, reason: "".into() };
        self.sink.send(Frame::Close(Some(frame))).await?;
        while let Some(Ok(_)) = self.stream.next().await {}
        Ok(())
    }
}

async fn read(
    stream: &mut SplitStream<WebSocket>,
    decoder: &mut Decoder,
    jobs: &mpsc::Sender<Job>,
    connection: &HubConnection,
    options: &HubOptions,
) -> End {
    let mut pace = Pace::new(options.max_messages_per_second);
    loop {
        let job = match decoder.next_message() {
            Ok(Some(Message::Invocation { invocation_id, target, arguments })) => {
                Job::Call { invocation_id, target, arguments }
            }
            Ok(Some(Message::StreamInvocation { invocation_id, .. })) => Job::Stream { invocation_id },
            Ok(Some(Message::Close { .. })) => return End::Close(Closing { error: None, allow_reconnect: false }),
            Ok(Some(other)) => {
                take(other, connection);
                pace.wait().await;
                continue;
            }
            Ok(None) => {
                let deadline = Instant::now() + options.client_timeout;
                match timeout_at(deadline, next_data(stream)).await {
                    Ok(Some(Ok(data))) => decoder.push(&data),
                    Ok(Some(Err(error))) => return broken(&error),
                    Ok(None) => return End::Lost,
                    Err(_) => return broken(&format!("the client was silent for {:?}", options.client_timeout)),
                }
                continue;
            }
            Err(error) => return broken(&format!("the client sent {error}")),
        };
        if jobs.send(job).await.is_err() {
            // The worker has ended, and it does so only when the connection closes; that ends this future too.
            std::future::pending::<()>().await;
        }
        pace.wait().await;
    }
}

/// A message that is no call: an answer to one of ours, or nothing to act upon.
fn take(message: Message, connection: &HubConnection) {
    match message {
        Message::Completion { invocation_id, outcome } => connection.settle(&invocation_id, outcome),
        Message::Ping => {}
        Message::Other { kind } => tracing::debug!(kind, "a message of unknown type"),
        _ => tracing::debug!("a message about a call or stream that does not exist"),
    }
}

/// A client that breaks the protocol may connect again: its next version may be better, and a Close that forbids it
/// would make the official clients stay away for good.
fn broken(error: &dyn std::fmt::Display) -> End {
    End::Close(Closing { error: Some(format!("connection closed: {error}")), allow_reconnect: true })
}

/// The next data frame: text as JSON has it, or binary, which ASP.NET Core takes as well. WebSocket pings are no sign
/// of life. `None` when the client has gone; an error for a frame over the limit, or one that breaks the protocol.
async fn next_data(stream: &mut SplitStream<WebSocket>) -> Option<Result<Bytes, SocketError>> {
    loop {
        match stream.next().await? {
            Ok(frame @ (Frame::Text(_) | Frame::Binary(_))) => return Some(Ok(frame.into_data())),
            Ok(_) => {}
            Err(error) => return Some(Err(error)),
        }
    }
}

/// Writes what is queued, and a ping when there was nothing for a while. Ends only when the client is lost.
async fn write(
    sink: &mut SplitSink<WebSocket, Frame>,
    queued: &mut mpsc::Receiver<String>,
    connection: &HubConnection,
    options: &HubOptions,
) -> End {
    loop {
        let record = match timeout(options.ping_interval, queued.recv()).await {
            Ok(Some(record)) => {
                connection.written(record.len());
                record
            }
            Ok(None) => return End::Lost,
            Err(_) => encode(&Message::Ping),
        };
        match timeout(options.client_timeout, sink.send(Frame::text(record))).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return End::Lost,
        }
    }
}
