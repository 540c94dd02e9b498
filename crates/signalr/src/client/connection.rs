use std::{sync::Arc, time::Duration};

use serde_json::Value;
use tokio::{
    sync::{Notify, mpsc, watch},
    time::timeout,
};

use super::SessionEnd;
use crate::{
    calls::Calls,
    codec::{Message, encode},
};

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The session had already ended: nothing was sent.
    #[error("not connected: the session had ended before the call")]
    Closed,
    /// The message is over the send limit: nothing was sent.
    #[error("the message has {size_bytes} bytes, the server takes {limit_bytes}: send less at once")]
    TooLarge {
        /// The size of the record.
        size_bytes: usize,
        /// [`ClientOptions::max_send_bytes`](super::ClientOptions::max_send_bytes).
        limit_bytes: usize,
    },
    /// The session ended before the answer came: whether the server acted on the call is not known.
    #[error("the connection was lost before the answer came")]
    ConnectionLost,
    /// No answer in time: whether the server acted on the call is not known.
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    /// The server answered with an error; this is its text, cut to 1,024 characters.
    #[error("the server refused: {0}")]
    Refused(String),
}

/// Calls the server over one session. Clones share it; the session ends when the last one is dropped.
#[derive(Clone, Debug)]
pub struct Connection {
    pub(super) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) outbox: mpsc::Sender<String>,
    pub(super) calls: Arc<Calls>,
    pub(super) stop: Arc<Notify>,
    pub(super) ended: watch::Receiver<Option<SessionEnd>>,
    pub(super) max_send_bytes: usize,
}

impl Connection {
    /// Calls a method and waits for its result, [`Value::Null`] if the method has none. ASP.NET Core runs one call of a
    /// client at a time, so a slow one holds up those behind it.
    ///
    /// # Errors
    /// [`CallError`]; after `ConnectionLost` and `TimedOut` the server may have acted on the call.
    pub async fn invoke(&self, target: &str, arguments: Vec<Value>, deadline: Duration) -> Result<Value, CallError> {
        let call = self.shared.calls.open().ok_or(CallError::Closed)?;
        let record = self.invocation(Some(call.id.clone()), target, arguments)?;
        let answered = async {
            self.shared.outbox.send(record).await.map_err(|_| CallError::Closed)?;
            call.answer().await.ok_or(CallError::ConnectionLost)?.map_err(CallError::Refused)
        };
        timeout(deadline, answered).await.unwrap_or(Err(CallError::TimedOut(deadline)))
    }

    /// Calls a method without waiting for an answer; the server sends none, not even an error. Returns when the message
    /// has been queued, which is no sign that it arrived.
    ///
    /// # Errors
    /// `Closed` or `TooLarge`.
    pub async fn send(&self, target: &str, arguments: Vec<Value>) -> Result<(), CallError> {
        let record = self.invocation(None, target, arguments)?;
        self.shared.outbox.send(record).await.map_err(|_| CallError::Closed)
    }

    /// Ends the session: what is queued goes out, then Close, then the socket is closed. Returns when that is done, at
    /// the latest after [`ClientOptions::stop_timeout`](super::ClientOptions::stop_timeout).
    pub async fn stop(&self) {
        self.shared.stop.notify_one();
        self.closed().await;
    }

    /// Waits for the session's end, whoever ends it.
    pub async fn closed(&self) -> SessionEnd {
        SessionEnd::of(&mut self.watch_end()).await
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
        let record = encode(&Message::Invocation { invocation_id, target: target.to_owned(), arguments });
        let (size_bytes, limit_bytes) = (record.len(), self.shared.max_send_bytes);
        if size_bytes > limit_bytes { Err(CallError::TooLarge { size_bytes, limit_bytes }) } else { Ok(record) }
    }
}
