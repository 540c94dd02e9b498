//! The handle through which the application talks to one client.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::Value;
use tokio::{
    sync::{
        mpsc::{self, error::TrySendError},
        watch,
    },
    time::timeout,
};

use super::{ConnectionId, HubCallError, HubOptions, HubSendError};
use crate::{
    codec::{Message, RawJson, encode},
    pending_calls::PendingCalls,
    text::excerpt,
};

/// The content of the Close message that ends a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Closing {
    pub(super) error: Option<String>,
    pub(super) allow_reconnect: bool,
}

/// Sends messages to one client. Clones share the connection.
#[derive(Clone, Debug)]
pub struct HubConnection {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    id: ConnectionId,
    queue: mpsc::Sender<String>,
    queued_bytes: AtomicUsize,
    max_queued_bytes: usize,
    closing: watch::Sender<Option<Closing>>,
    calls: Arc<PendingCalls>,
}

impl HubConnection {
    pub(super) fn new(id: ConnectionId, options: &HubOptions) -> (Self, mpsc::Receiver<String>) {
        let (queue, queued) = mpsc::channel(options.max_queued_messages);
        let shared = Shared {
            id,
            queue,
            queued_bytes: AtomicUsize::new(0),
            max_queued_bytes: options.max_queued_bytes,
            closing: watch::Sender::new(None),
            calls: Arc::default(),
        };
        (Self { shared: Arc::new(shared) }, queued)
    }

    /// The connection's id, which negotiate gave the client as `connectionId`.
    #[must_use]
    pub fn id(&self) -> ConnectionId {
        self.shared.id
    }

    /// Calls a method of the client without an answer. The message is queued, which does not mean that it arrives.
    ///
    /// # Errors
    ///
    /// A [`HubSendError`]. A full queue closes the connection.
    pub fn send(&self, target: &str, arguments: Vec<Value>) -> Result<(), HubSendError> {
        self.queue_call(None, target, arguments)
    }

    /// Calls a method of the client and waits for its result, which is [`Value::Null`] if the method has none.
    ///
    /// Within a call of the same client it works while fewer than
    /// [`HubOptions::max_queued_invocations`](super::HubOptions::max_queued_invocations) of its calls wait; with more,
    /// nothing is read from the client, not even the answer.
    ///
    /// # Errors
    ///
    /// A [`HubCallError`].
    pub async fn invoke(&self, target: &str, arguments: Vec<Value>, deadline: Duration) -> Result<Value, HubCallError> {
        let call = self.shared.calls.register().ok_or(HubSendError::Closed)?;
        self.queue_call(Some(call.id.clone()), target, arguments)?;
        match timeout(deadline, call.outcome()).await {
            Ok(Some(answer)) => answer
                .map_err(HubCallError::Refused)?
                .parse()
                .map_err(|error| HubCallError::Unreadable(excerpt(&error.to_string()))),
            Ok(None) => Err(HubCallError::ConnectionLost),
            Err(_) => Err(HubCallError::TimedOut(deadline)),
        }
    }

    fn queue_call(
        &self,
        invocation_id: Option<String>,
        target: &str,
        arguments: Vec<Value>,
    ) -> Result<(), HubSendError> {
        if self.is_closed() {
            return Err(HubSendError::Closed);
        }
        let record =
            encode(&Message::Invocation { invocation_id, target: target.to_owned(), arguments: arguments.into() });
        let (size_bytes, limit_bytes) = (record.len(), self.shared.max_queued_bytes);
        if size_bytes > limit_bytes {
            return Err(HubSendError::TooLarge { size_bytes, limit_bytes });
        }
        if self.shared.queued_bytes.fetch_add(size_bytes, Ordering::Relaxed) + size_bytes > limit_bytes {
            self.release(size_bytes);
            return Err(self.too_slow());
        }
        self.shared.queue.try_send(record).map_err(|error| {
            self.release(size_bytes);
            match error {
                TrySendError::Full(_) => self.too_slow(),
                TrySendError::Closed(_) => HubSendError::Closed,
            }
        })
    }

    /// Closes the connection. No further call starts and nothing more is queued. Messages queued before, and the answer
    /// to a running call, are still sent, then Close with `error` and `allow_reconnect`. Only the first close of a
    /// connection counts.
    pub fn close(&self, error: Option<String>, allow_reconnect: bool) {
        self.shared.closing.send_if_modified(|closing| {
            let first = closing.is_none();
            closing.get_or_insert(Closing { error, allow_reconnect });
            first
        });
    }

    /// True if the connection is closed or closing, on either side's initiative.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.shared.closing.borrow().is_some()
    }

    /// Waits until the connection is closed or closing, on either side's initiative.
    pub async fn closed(&self) {
        self.closing().await;
    }

    /// Waits until the connection is closed or closing, and returns its Close.
    pub(super) async fn closing(&self) -> Closing {
        let mut closing = self.shared.closing.subscribe();
        // The sender is part of self, so it still exists.
        let closing = closing.wait_for(Option::is_some).await.ok().and_then(|closing| closing.clone());
        closing.unwrap_or(Closing { error: None, allow_reconnect: true })
    }

    /// Queues the answer to a call and waits for room. One call runs at a time, so at most one message exceeds the limit in
    /// bytes.
    pub(super) async fn complete(&self, invocation_id: String, outcome: Result<Value, String>) {
        let answer = |outcome| encode(&Message::Completion { invocation_id: invocation_id.clone(), outcome });
        let mut record = answer(outcome.map(|result| Some(result.into())));
        if record.len() > self.shared.max_queued_bytes {
            record = answer(Err("the result is too large to send".to_owned()));
        }
        self.shared.queued_bytes.fetch_add(record.len(), Ordering::Relaxed);
        // It fails if the client is gone.
        let _ = self.shared.queue.send(record).await;
    }

    /// Hands the client's answer to the [`invoke`](Self::invoke) that waits for it.
    pub(super) fn resolve(&self, invocation_id: &str, outcome: Result<Option<RawJson>, String>) {
        self.shared.calls.resolve(invocation_id, outcome);
    }

    /// Resolves all pending calls, because nothing more is read from the client.
    pub(super) fn abandon_calls(&self) {
        self.shared.calls.close();
    }

    /// Returns bytes that have left the queue to its budget.
    pub(super) fn release(&self, size_bytes: usize) {
        self.shared.queued_bytes.fetch_sub(size_bytes, Ordering::Relaxed);
    }

    fn too_slow(&self) -> HubSendError {
        tracing::debug!(connection.id = %self.id(), "closing the connection of a slow client");
        self.close(Some("the client reads its messages too slowly".to_owned()), true);
        HubSendError::Slow
    }
}
