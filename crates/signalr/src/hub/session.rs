//! The life of one connection: handshake, then reading, writing and calls side by side, then the close.

use std::pin::{Pin, pin};

use axum::extract::ws::WebSocket;
use futures_util::stream::SplitStream;
use tokio::{
    sync::mpsc,
    time::{Instant, timeout, timeout_at},
};

use super::{
    Caller, Hub, HubConnection, HubOptions, HubService,
    connection::Closing,
    rate_limit::RateLimit,
    registry::Registration,
    socket::{ClientLost, Socket, next_data, write},
    worker::{Job, catch_panic, run_jobs},
};
use crate::codec::{Decoder, Message};

/// The end of a connection.
enum End {
    /// The hub can still send Close to the client.
    Close(Closing),
    /// The client is gone.
    Lost,
}

impl From<ClientLost> for End {
    fn from(ClientLost: ClientLost) -> Self {
        Self::Lost
    }
}

/// Serves one socket from the handshake to its end.
pub(super) async fn run<S: HubService>(
    hub: Hub<S>,
    socket: WebSocket,
    caller: Caller<S::Identity>,
    mut registration: Registration<S::Identity>,
) {
    let (service, options) = (&*hub.inner.service, &hub.inner.options);
    let connection = &caller.connection;
    let mut socket = Socket::new(socket, options);
    if !socket.shake_hands(connection, options).await {
        connection.close(None, true);
        return;
    }
    tracing::debug!(connection.id = %connection.id(), "client connected");

    let (jobs, queue) = mpsc::channel(options.max_queued_invocations);
    let mut is_working = true;
    let mut work = pin!(run_jobs(service, &caller, queue, options));
    // Reading, writing and calls run side by side in one task, so that none ever waits for another.
    let end = tokio::select! { biased;
        closing = connection.closing() => End::Close(closing),
        end = read(&mut socket.stream, &mut socket.decoder, &jobs, connection, options) => end,
        lost = write(&mut socket.sink, &mut registration.queued, connection, options) => lost.into(),
        () = &mut work => {
            is_working = false;
            End::Close(connection.closing().await)
        }
    };
    drop(jobs);
    connection.abandon_calls();
    let ending = async {
        let work = is_working.then_some(work.as_mut());
        match &end {
            End::Lost => {
                connection.close(None, true);
                registration.queued.close();
                finish(work).await;
            }
            End::Close(closing) => {
                connection.close(closing.error.clone(), closing.allow_reconnect);
                tokio::select! { biased;
                    () = finish(work) => socket.say_goodbye(&mut registration.queued, connection).await,
                    _ = write(&mut socket.sink, &mut registration.queued, connection, options) => {}
                }
            }
        }
    };
    let _ = timeout(options.close_timeout, ending).await;
    catch_panic(service.disconnected(&caller)).await;
    tracing::debug!(connection.id = %connection.id(), "client disconnected");
}

async fn finish(work: Option<Pin<&mut impl Future<Output = ()>>>) {
    if let Some(work) = work {
        work.await;
    }
}

/// Reads messages and queues the client's calls, until the connection ends.
async fn read(
    stream: &mut SplitStream<WebSocket>,
    decoder: &mut Decoder,
    jobs: &mpsc::Sender<Job>,
    connection: &HubConnection,
    options: &HubOptions,
) -> End {
    let mut rate_limit = RateLimit::new(options.max_messages_per_second);
    loop {
        let job = match decoder.next_message() {
            Ok(Some(Message::Invocation { invocation_id, target, arguments })) => {
                Job::Call { invocation_id, target, arguments }
            }
            Ok(Some(Message::StreamInvocation { invocation_id, .. })) => Job::Stream { invocation_id },
            Ok(Some(Message::Close { .. })) => return End::Close(Closing { error: None, allow_reconnect: false }),
            Ok(Some(other)) => {
                handle(other, connection);
                rate_limit.wait().await;
                continue;
            }
            Ok(None) => {
                let deadline = Instant::now() + options.client_timeout;
                match timeout_at(deadline, next_data(stream)).await {
                    Ok(Some(Ok(data))) => decoder.push(&data),
                    Ok(Some(Err(error))) => return protocol_error(&error),
                    Ok(None) => return End::Lost,
                    Err(_) => {
                        return protocol_error(&format!("the client sent nothing for {:?}", options.client_timeout));
                    }
                }
                continue;
            }
            Err(error) => return protocol_error(&format!("the client sent {error}")),
        };
        if jobs.send(job).await.is_err() {
            // The worker ends only when the connection closes, and that ends this future too.
            std::future::pending::<()>().await;
        }
        rate_limit.wait().await;
    }
}

/// Handles a message that is not a call: an answer to one of the hub's calls, or nothing to act on.
fn handle(message: Message, connection: &HubConnection) {
    match message {
        Message::Completion { invocation_id, outcome } => connection.resolve(&invocation_id, outcome),
        Message::Ping => {}
        Message::Other { kind } => tracing::debug!(kind, "ignored a message of unknown type"),
        Message::Invocation { .. }
        | Message::StreamInvocation { .. }
        | Message::StreamItem { .. }
        | Message::CancelInvocation { .. }
        | Message::Close { .. } => tracing::debug!("ignored a message about an unknown call or stream"),
    }
}

/// Closes the connection of a client that broke the protocol. It may reconnect: a Close without `allowReconnect` would
/// make the official clients stay away for good.
fn protocol_error(error: &dyn std::fmt::Display) -> End {
    End::Close(Closing { error: Some(format!("connection closed: {error}")), allow_reconnect: true })
}
