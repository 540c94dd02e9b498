//! The queue of the server's calls, bounded in number and in bytes.

use std::sync::Arc;

use tokio::sync::{
    OwnedSemaphorePermit, Semaphore,
    mpsc::{self, error::TryRecvError},
};

use super::{ClientOptions, IncomingCall};

/// The calls of the server that wait for the application, in order.
#[derive(Debug)]
pub struct IncomingCalls {
    queued: mpsc::Receiver<Queued>,
    budget: Budget,
}

/// The reader's end of the queue.
pub(super) struct QueueSender {
    queue: mpsc::Sender<Queued>,
    budget: Budget,
}

/// A call with the bytes that it takes from the budget until it is taken.
#[derive(Debug)]
struct Queued {
    call: IncomingCall,
    _room: Option<Room>,
}

/// A part of the budget, which returns to it when this is dropped.
pub(super) type Room = OwnedSemaphorePermit;

/// The bytes of all calls that may wait at once.
#[derive(Clone, Debug)]
struct Budget {
    free: Arc<Semaphore>,
    max_bytes: u32,
}

/// Creates an empty queue.
pub(super) fn queue(options: &ClientOptions) -> (QueueSender, IncomingCalls) {
    let (queue, queued) = mpsc::channel(options.max_queued_incoming);
    let max_bytes = options.max_queued_incoming_bytes.min(Semaphore::MAX_PERMITS);
    let max_bytes = u32::try_from(max_bytes).unwrap_or(u32::MAX);
    let free = Arc::new(Semaphore::new(to_usize(max_bytes)));
    let budget = Budget { free, max_bytes };
    (QueueSender { queue, budget: budget.clone() }, IncomingCalls { queued, budget })
}

/// Lossless, as an address has at least 32 bits.
fn to_usize(bytes: u32) -> usize {
    usize::try_from(bytes).unwrap_or(Semaphore::MAX_PERMITS)
}

impl QueueSender {
    /// Waits until a call of this size fits into the queue; one that is larger than the whole queue, until it is empty.
    /// `None` if the queue is gone.
    pub(super) async fn room_for(&self, bytes: usize) -> Option<Room> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX).min(self.budget.max_bytes);
        Arc::clone(&self.budget.free).acquire_many_owned(bytes).await.ok()
    }

    /// Queues a call, waiting while the queue has its full number. Without a receiver the call is dropped.
    pub(super) async fn send(&self, call: IncomingCall, room: Option<Room>) {
        let _ = self.queue.send(Queued { call, _room: room }).await;
    }
}

impl IncomingCalls {
    /// Waits for the next call; `None` once the session has ended and the queue is empty.
    pub async fn recv(&mut self) -> Option<IncomingCall> {
        self.queued.recv().await.map(Queued::take)
    }

    /// The next call, if one waits.
    ///
    /// # Errors
    ///
    /// None waits, or none will come any more.
    pub fn try_recv(&mut self) -> Result<IncomingCall, TryRecvError> {
        self.queued.try_recv().map(Queued::take)
    }

    /// The bytes of the calls that wait, at most [`ClientOptions::max_queued_incoming_bytes`].
    #[must_use]
    pub fn queued_bytes(&self) -> usize {
        to_usize(self.budget.max_bytes) - self.budget.free.available_permits()
    }
}

impl Queued {
    /// The call. Its bytes are the application's from now on.
    fn take(self) -> IncomingCall {
        self.call
    }
}
