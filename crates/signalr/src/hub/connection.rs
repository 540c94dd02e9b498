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

use super::HubOptions;
use crate::{
    calls::Calls,
    codec::{Message, encode},
};

/// Why a message to a client was not queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HubSendError {
    /// The connection is closed or closing.
    #[error("the connection is closed")]
    Closed,
    /// The client takes its messages too slowly. Its connection is being closed for that.
    #[error("the client is too slow; its connection was closed")]
    Slow,
    /// The message alone is over [`HubOptions::max_queued_bytes`]. The connection stays.
    #[error("the message has {size_bytes} bytes, the limit is {limit_bytes}: send less at once")]
    TooLarge {
        /// The size of the record.
        size_bytes: usize,
        /// The limit.
        limit_bytes: usize,
    },
}

/// Why a call of a client's method failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HubCallError {
    /// Nothing was sent.
    #[error(transparent)]
    NotSent(#[from] HubSendError),
    /// The connection ended before the answer came: whether the client acted on the call is not known.
    #[error("the connection was lost before the answer came")]
    ConnectionLost,
    /// No answer in time: whether the client acted on the call is not known.
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    /// The client answered with an error; this is its text, cut to 1,024 characters.
    #[error("the client refused: {0}")]
    Refused(String),
}

/// Why a connection is closed: what its Close says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Closing {
    pub(super) error: Option<String>,
    pub(super) allow_reconnect: bool,
}

/// Talks to one client. Clones share the connection.
#[derive(Clone, Debug)]
pub struct HubConnection {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    id: u64,
    queue: mpsc::Sender<String>,
    queued_bytes: AtomicUsize,
    max_queued_bytes: usize,
    closing: watch::Sender<Option<Closing>>,
    calls: Arc<Calls>,
}

impl HubConnection {
    pub(super) fn new(id: u64, options: &HubOptions) -> (Self, mpsc::Receiver<String>) {
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

    /// Unique in this hub's life, from 1. No secret.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.shared.id
    }

    /// Calls a method of the client and waits for nothing: the message is queued, which is no sign that it arrives.
    ///
    /// # Errors
    /// [`HubSendError`]; a full queue closes the connection.
    pub fn send(&self, target: &str, arguments: Vec<Value>) -> Result<(), HubSendError> {
        self.call(None, target, arguments)
    }

    /// Calls a method of the client and waits for its result, [`Value::Null`] if the method has none.
    ///
    /// Within a call of the same client this works while fewer than
    /// [`HubOptions::max_queued_invocations`](super::HubOptions::max_queued_invocations) of its calls wait: over that
    /// nothing is read from it, the answer neither.
    ///
    /// # Errors
    /// [`HubCallError`]; after `ConnectionLost` and `TimedOut` the client may have acted on the call.
    pub async fn invoke(&self, target: &str, arguments: Vec<Value>, deadline: Duration) -> Result<Value, HubCallError> {
        let call = self.shared.calls.open().ok_or(HubSendError::Closed)?;
        self.call(Some(call.id.clone()), target, arguments)?;
        match timeout(deadline, call.answer()).await {
            Ok(Some(answer)) => answer.map_err(HubCallError::Refused),
            Ok(None) => Err(HubCallError::ConnectionLost),
            Err(_) => Err(HubCallError::TimedOut(deadline)),
        }
    }

    fn call(&self, invocation_id: Option<String>, target: &str, arguments: Vec<Value>) -> Result<(), HubSendError> {
        if self.is_closed() {
            return Err(HubSendError::Closed);
        }
        let record = encode(&Message::Invocation { invocation_id, target: target.to_owned(), arguments });
        let (size_bytes, limit_bytes) = (record.len(), self.shared.max_queued_bytes);
        if size_bytes > limit_bytes {
            return Err(HubSendError::TooLarge { size_bytes, limit_bytes });
        }
        if self.shared.queued_bytes.fetch_add(size_bytes, Ordering::Relaxed) + size_bytes > limit_bytes {
            self.written(size_bytes);
            return Err(self.too_slow());
        }
        self.shared.queue.try_send(record).map_err(|error| {
            self.written(size_bytes);
            match error {
                TrySendError::Full(_) => self.too_slow(),
                TrySendError::Closed(_) => HubSendError::Closed,
            }
        })
    }

    /// Closes the connection. No further call is begun and nothing more is queued; what was queued before, and the
    /// answer to a call that runs (this one, perhaps), still go out, then Close with these words. Only the first close
    /// of a connection counts.
    pub fn close(&self, error: Option<String>, allow_reconnect: bool) {
        self.shared.closing.send_if_modified(|closing| {
            let first = closing.is_none();
            closing.get_or_insert(Closing { error, allow_reconnect });
            first
        });
    }

    /// Whether it is closed or closing, whoever began it.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.shared.closing.borrow().is_some()
    }

    /// Waits until it is closed or closing, whoever began it.
    pub async fn closed(&self) {
        self.closing().await;
    }

    /// The same, and says why.
    pub(super) async fn closing(&self) -> Closing {
        let mut closing = self.shared.closing.subscribe();
        // The sender is self, so it cannot have gone.
        let closing = closing.wait_for(Option::is_some).await.ok().and_then(|closing| closing.clone());
        closing.unwrap_or(Closing { error: None, allow_reconnect: true })
    }

    /// Queues the answer to a call, waiting for room. One call runs at a time, so this adds at most one message to what
    /// the limit in bytes allows.
    pub(super) async fn complete(&self, invocation_id: String, outcome: Result<Value, String>) {
        let answer = |outcome| encode(&Message::Completion { invocation_id: invocation_id.clone(), outcome });
        let mut record = answer(outcome.map(Some));
        if record.len() > self.shared.max_queued_bytes {
            record = answer(Err("the result is too large to send".to_owned()));
        }
        self.shared.queued_bytes.fetch_add(record.len(), Ordering::Relaxed);
        // It fails when the socket is gone, and the client with it.
        let _ = self.shared.queue.send(record).await;
    }

    /// The client's answer to a call of [`invoke`](Self::invoke).
    pub(super) fn settle(&self, invocation_id: &str, outcome: Result<Option<Value>, String>) {
        self.shared.calls.settle(invocation_id, outcome);
    }

    /// Nothing more is read from the client: no call will be answered.
    pub(super) fn abandon_calls(&self) {
        self.shared.calls.close();
    }

    /// So many bytes have left the queue.
    pub(super) fn written(&self, size_bytes: usize) {
        self.shared.queued_bytes.fetch_sub(size_bytes, Ordering::Relaxed);
    }

    fn too_slow(&self) -> HubSendError {
        tracing::debug!(connection.id = self.id(), "the client is too slow: closing");
        self.close(Some("the client takes its messages too slowly".to_owned()), true);
        HubSendError::Slow
    }
}
