use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;
use tokio::sync::oneshot;

use super::CallError;

/// The calls that wait for their Completion. Its size is bounded by the callers: each entry is one future that waits.
#[derive(Debug, Default)]
pub(super) struct Calls(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    last_id: u64,
    closed: bool,
    waiting: BTreeMap<String, oneshot::Sender<Result<Value, CallError>>>,
}

impl Calls {
    /// Registers a call, or `None` when the session has ended.
    pub(super) fn open(self: &Arc<Self>) -> Option<PendingCall> {
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

    /// Hands a Completion to whom it belongs; one that nobody waits for is ignored.
    pub(super) fn settle(&self, id: &str, answer: Result<Value, CallError>) {
        match self.table().waiting.remove(id) {
            // The caller may have gone in this moment, which is as good as not waiting.
            Some(call) => drop(call.send(answer)),
            None => tracing::debug!("a completion that no call waits for"),
        }
    }

    /// Resolves every pending call at once, and takes no new ones.
    pub(super) fn close(&self) {
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
pub(super) struct PendingCall {
    pub(super) id: String,
    answer: oneshot::Receiver<Result<Value, CallError>>,
    calls: Arc<Calls>,
}

impl PendingCall {
    pub(super) async fn answer(mut self) -> Result<Value, CallError> {
        (&mut self.answer).await.unwrap_or(Err(CallError::Lost))
    }
}

impl Drop for PendingCall {
    fn drop(&mut self) {
        self.calls.table().waiting.remove(&self.id);
    }
}
