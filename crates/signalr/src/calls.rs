//! The calls of one side that wait for the other's Completion.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;
use tokio::sync::oneshot;

use crate::text::excerpt;

/// The calls that wait. Its size is bounded by the callers: each entry is one future that waits.
#[derive(Debug, Default)]
pub(crate) struct Calls(Mutex<Table>);

/// A result, or the other side's words about an error.
type Answer = Result<Value, String>;

#[derive(Debug, Default)]
struct Table {
    last_id: u64,
    closed: bool,
    waiting: BTreeMap<String, oneshot::Sender<Answer>>,
}

impl Calls {
    /// Registers a call, or `None` when the session has ended.
    pub(crate) fn open(self: &Arc<Self>) -> Option<PendingCall> {
        let (sender, answer) = oneshot::channel();
        let mut table = self.table();
        if table.closed {
            return None;
        }
        table.last_id += 1;
        let id = table.last_id.to_string();
        table.waiting.insert(id.clone(), sender);
        drop(table);
        Some(PendingCall { id, answer, calls: Arc::clone(self) })
    }

    /// Hands a Completion to whom it belongs; one that nobody waits for is ignored. An absent result is `null`.
    pub(crate) fn settle(&self, id: &str, outcome: Result<Option<Value>, String>) {
        let answer = outcome.map(Option::unwrap_or_default).map_err(|error| excerpt(&error));
        match self.table().waiting.remove(id) {
            // The caller may have gone in this moment, which is as good as not waiting.
            Some(call) => drop(call.send(answer)),
            None => tracing::debug!("a completion that no call waits for"),
        }
    }

    /// Resolves every pending call at once, and takes no new ones.
    pub(crate) fn close(&self) {
        let mut table = self.table();
        table.closed = true;
        table.waiting.clear();
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One registered call; it is forgotten when this is dropped.
#[derive(Debug)]
pub(crate) struct PendingCall {
    pub(crate) id: String,
    answer: oneshot::Receiver<Answer>,
    calls: Arc<Calls>,
}

impl PendingCall {
    /// The answer, or `None` when the session ended before it came.
    pub(crate) async fn answer(mut self) -> Option<Answer> {
        (&mut self.answer).await.ok()
    }
}

impl Drop for PendingCall {
    fn drop(&mut self) {
        self.calls.table().waiting.remove(&self.id);
    }
}
