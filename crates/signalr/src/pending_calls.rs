//! The calls of one side that wait for the peer's Completion.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

use crate::{codec::RawJson, text::excerpt};

/// The pending calls of a connection. Each entry is a future that waits, so the callers bound its size.
#[derive(Debug, Default)]
pub(crate) struct PendingCalls(Mutex<State>);

/// A result, or the text of the peer's error.
type Outcome = Result<RawJson, String>;

#[derive(Debug, Default)]
struct State {
    last_id: u64,
    closed: bool,
    waiting: BTreeMap<String, oneshot::Sender<Outcome>>,
}

impl PendingCalls {
    /// Registers a call, or `None` when the session has ended.
    pub(crate) fn register(self: &Arc<Self>) -> Option<PendingCall> {
        let (sender, outcome) = oneshot::channel();
        let mut state = self.lock();
        if state.closed {
            return None;
        }
        state.last_id += 1;
        let id = state.last_id.to_string();
        state.waiting.insert(id.clone(), sender);
        drop(state);
        Some(PendingCall { id, outcome, calls: Arc::clone(self) })
    }

    /// Gives a Completion to its call, an absent result as `null`. A Completion without a call is ignored.
    pub(crate) fn resolve(&self, id: &str, outcome: Result<Option<RawJson>, String>) {
        let outcome = outcome.map(Option::unwrap_or_default).map_err(|error| excerpt(&error));
        match self.lock().waiting.remove(id) {
            // Sending fails when the caller has just stopped waiting, which is fine.
            Some(call) => drop(call.send(outcome)),
            None => tracing::debug!("ignored a completion without a call"),
        }
    }

    /// Resolves every pending call at once and refuses new ones.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.waiting.clear();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One registered call. Dropping it removes it.
#[derive(Debug)]
pub(crate) struct PendingCall {
    pub(crate) id: String,
    outcome: oneshot::Receiver<Outcome>,
    calls: Arc<PendingCalls>,
}

impl PendingCall {
    /// The outcome, or `None` when the session ended first.
    pub(crate) async fn outcome(mut self) -> Option<Outcome> {
        (&mut self.outcome).await.ok()
    }
}

impl Drop for PendingCall {
    fn drop(&mut self) {
        self.calls.lock().waiting.remove(&self.id);
    }
}
