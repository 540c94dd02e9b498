//! The handle through which the application calls the server, and how such a call fails.

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use tokio::{
    sync::{Notify, mpsc, watch},
    time::timeout,
};

use super::SessionEnd;
use crate::{
    codec::{Message, RawJson, encode},
    pending_calls::PendingCalls,
    text::excerpt,
};

/// A failed call.
///
/// After [`ConnectionLost`](Self::ConnectionLost) and [`TimedOut`](Self::TimedOut) the server may or may not have run the
/// call, so commands need an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The session had already ended, and nothing was sent.
    #[error("the session has ended; call again in the next one")]
    Closed,
    /// The message exceeds the send limit, and nothing was sent.
    #[error("the message has {size_bytes} bytes and the limit is {limit_bytes}; send less at once")]
    TooLarge {
        /// The size of the record in bytes.
        size_bytes: usize,
        /// [`ClientOptions::max_send_bytes`](super::ClientOptions::max_send_bytes).
        limit_bytes: usize,
    },
    /// The session ended before the answer arrived.
    #[error("the connection was lost before the answer arrived")]
    ConnectionLost,
    /// No answer arrived within the deadline of the call.
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    /// The server answered with an error; its text is shortened to 1,024 characters.
    #[error("the server refused the call: {0}")]
    Refused(String),
    /// The server answered with a result that cannot be read; the problem is shortened to 1,024 characters.
    #[error("the answer cannot be read: {0}")]
    Unreadable(String),
}

/// Calls the server over one session. Clones share the session, which ends when the last one is dropped.
#[derive(Clone, Debug)]
pub struct Connection {
    pub(super) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) outbox: mpsc::Sender<String>,
    pub(super) calls: Arc<PendingCalls>,
    pub(super) stop: Arc<Notify>,
    pub(super) ended: watch::Receiver<Option<SessionEnd>>,
    pub(super) max_send_bytes: usize,
}

impl Connection {
    /// Calls a method and waits for its result, which is [`Value::Null`] if the method has none.
    ///
    /// ASP.NET Core runs one call of a client at a time, so a slow call delays those behind it.
    ///
    /// # Errors
    ///
    /// Any [`CallError`].
    pub async fn invoke(&self, target: &str, arguments: Vec<Value>, deadline: Duration) -> Result<Value, CallError> {
        let result = self.invoke_raw(target, arguments, deadline).await?;
        result.parse().map_err(|error| CallError::Unreadable(excerpt(&error.to_string())))
    }

    /// Calls a method like [`invoke`](Self::invoke), and returns the text of its result for the caller to parse: into a
    /// type of its own it takes less memory than as a [`Value`].
    ///
    /// # Errors
    ///
    /// Any [`CallError`] but [`Unreadable`](CallError::Unreadable).
    pub async fn invoke_raw(
        &self,
        target: &str,
        arguments: Vec<Value>,
        deadline: Duration,
    ) -> Result<RawJson, CallError> {
        let call = self.shared.calls.register().ok_or(CallError::Closed)?;
        let record = self.invocation(Some(call.id.clone()), target, arguments)?;
        let answered = async {
            self.shared.outbox.send(record).await.map_err(|_| CallError::Closed)?;
            call.outcome().await.ok_or(CallError::ConnectionLost)?.map_err(CallError::Refused)
        };
        timeout(deadline, answered).await.unwrap_or(Err(CallError::TimedOut(deadline)))
    }

    /// Calls a method without an answer; the server sends none, not even an error. Returns once the message is queued,
    /// which does not mean that it arrives.
    ///
    /// # Errors
    ///
    /// [`CallError::Closed`] or [`CallError::TooLarge`].
    pub async fn send(&self, target: &str, arguments: Vec<Value>) -> Result<(), CallError> {
        let record = self.invocation(None, target, arguments)?;
        self.shared.outbox.send(record).await.map_err(|_| CallError::Closed)
    }

    /// Ends the session: sends the queued messages and Close, then closes the socket. Returns when that is done, after
    /// [`ClientOptions::stop_timeout`](super::ClientOptions::stop_timeout) at the latest.
    pub async fn stop(&self) {
        self.shared.stop.notify_one();
        self.closed().await;
    }

    /// Waits until the session has ended, on either side's initiative.
    pub async fn closed(&self) -> SessionEnd {
        SessionEnd::wait(&mut self.watch_end()).await
    }

    pub(super) fn watch_end(&self) -> watch::Receiver<Option<SessionEnd>> {
        self.shared.ended.clone()
    }

    fn invocation(
        &self,
        invocation_id: Option<String>,
        target: &str,
        arguments: Vec<Value>,
    ) -> Result<String, CallError> {
        let record =
            encode(&Message::Invocation { invocation_id, target: target.to_owned(), arguments: arguments.into() });
        let (size_bytes, limit_bytes) = (record.len(), self.shared.max_send_bytes);
        if size_bytes > limit_bytes { Err(CallError::TooLarge { size_bytes, limit_bytes }) } else { Ok(record) }
    }
}
