//! The reading half of a session: it decodes messages and hands them to the application or to the pending calls.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt, stream::SplitStream};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};
use tokio_tungstenite::tungstenite::Message as Frame;

use super::{
    ClientOptions, ErrorClass, IncomingCall,
    connect::Socket,
    driver::{EndCause, connection_failed},
    incoming::Replies,
    queue::QueueSender,
};
use crate::{
    codec::{Decoder, Message, RawJson},
    pending_calls::PendingCalls,
};

pub(super) struct Reader {
    decoder: Decoder,
    incoming: QueueSender,
    replies: Replies,
    calls: Arc<PendingCalls>,
    server_timeout: Duration,
}

impl Reader {
    pub(super) fn new(
        decoder: Decoder,
        incoming: QueueSender,
        outbox: mpsc::WeakSender<String>,
        calls: Arc<PendingCalls>,
        options: &ClientOptions,
    ) -> Self {
        let replies = Replies::new(outbox, options);
        Self { decoder, incoming, replies, calls, server_timeout: options.server_timeout }
    }

    /// Reads until the session ends.
    pub(super) async fn read(&mut self, stream: &mut SplitStream<Socket>) -> EndCause {
        loop {
            match self.decoder.next_message() {
                Ok(Some(Message::Close { error, allow_reconnect })) => {
                    return EndCause::ServerClose { error, allow_reconnect };
                }
                Ok(Some(message)) => self.handle(message).await,
                Ok(None) => match next_data(stream, self.server_timeout).await {
                    Ok(data) => self.decoder.push(&data),
                    Err(cause) => return cause,
                },
                Err(error) => return EndCause::ProtocolError(error),
            }
        }
    }

    async fn handle(&mut self, message: Message) {
        match message {
            Message::Invocation { invocation_id, target, arguments } => {
                self.hand_over(invocation_id, target, arguments).await;
            }
            Message::Completion { invocation_id, outcome } => self.calls.resolve(&invocation_id, outcome),
            Message::Ping | Message::Close { .. } => {}
            Message::Other { kind } => tracing::debug!(kind, "ignored a message of unknown type"),
            // This client neither starts nor offers streams.
            Message::StreamItem { .. } | Message::StreamInvocation { .. } | Message::CancelInvocation { .. } => {
                tracing::debug!("ignored a message about an unknown stream");
            }
        }
    }

    /// Hands a call to the application, waiting while its queue is full. Without a receiver the reply is dropped with
    /// the call, so that the server gets an error.
    async fn hand_over(&mut self, id: Option<String>, target: String, arguments: RawJson) {
        let room = self.incoming.room_for(target.len() + arguments.as_str().len()).await;
        let reply = match id {
            None => None,
            Some(id) => match self.replies.open(id).await {
                Some(reply) => Some(reply),
                None => return,
            },
        };
        self.incoming.send(IncomingCall { target, arguments, reply }, room).await;
    }
}

/// Waits for the next data frame. WebSocket pings do not count: the hub protocol has pings of its own.
async fn next_data(stream: &mut SplitStream<Socket>, server_timeout: Duration) -> Result<bytes::Bytes, EndCause> {
    let deadline = Instant::now() + server_timeout;
    loop {
        match timeout_at(deadline, stream.next()).await {
            Ok(Some(Ok(frame @ (Frame::Text(_) | Frame::Binary(_))))) => return Ok(frame.into_data()),
            Ok(Some(Ok(_))) => {}
            Ok(Some(Err(error))) => return Err(connection_failed(&error)),
            Ok(None) => {
                let text = "the server closed the connection".to_owned();
                return Err(EndCause::ConnectionFailed(ErrorClass::Network, text));
            }
            Err(_) => {
                let text = format!("the server sent nothing for {server_timeout:?}");
                return Err(EndCause::ConnectionFailed(ErrorClass::ServerTimeout, text));
            }
        }
    }
}
