//! Calls from the server, and the application's replies to them.

use std::time::Duration;

use serde_json::Value;
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::timeout,
};

use super::ClientOptions;
use crate::codec::{Message, RawJson, encode, target_matches};

/// A call from the server.
#[derive(Debug)]
pub struct IncomingCall {
    /// The method as the server wrote it; compare it with [`is`](Self::is).
    pub target: String,
    /// The list of arguments, not parsed yet.
    pub arguments: RawJson,
    /// Present if the server waits for a result.
    pub reply: Option<Reply>,
}

impl IncomingCall {
    /// True if this is a call of `method`, ignoring case.
    #[must_use]
    pub fn is(&self, method: &str) -> bool {
        target_matches(&self.target, method)
    }
}

/// Answers a call from the server. If it is dropped, or not used within [`ClientOptions::reply_timeout`], the server gets
/// an error.
#[derive(Debug)]
pub struct Reply(oneshot::Sender<Result<Value, String>>);

impl Reply {
    /// Sends a result, or the text of an error. Has no effect once the session has ended.
    pub fn complete(self, outcome: Result<Value, String>) {
        // The receiver is gone if the session has ended or the reply comes too late.
        let _ = self.0.send(outcome);
    }
}

/// The open replies. Each waits in a task of its own, off the read loop.
pub(super) struct Replies {
    tasks: JoinSet<()>,
    outbox: mpsc::WeakSender<String>,
    limit: usize,
    deadline: Duration,
    max_send_bytes: usize,
}

impl Replies {
    /// `outbox` is weak; otherwise an unanswered call would keep a session alive whose handles are all gone.
    pub(super) fn new(outbox: mpsc::WeakSender<String>, options: &ClientOptions) -> Self {
        Self {
            tasks: JoinSet::new(),
            outbox,
            limit: options.max_open_replies,
            deadline: options.reply_timeout,
            max_send_bytes: options.max_send_bytes,
        }
    }

    /// Opens a reply, or answers the call with an error and returns `None` if too many are open.
    pub(super) async fn open(&mut self, id: String) -> Option<Reply> {
        while self.tasks.try_join_next().is_some() {}
        if self.tasks.len() >= self.limit {
            let error = completion(id, Err("too many calls are open".to_owned()), self.max_send_bytes);
            post(&self.outbox, error).await;
            return None;
        }
        let (sender, answer) = oneshot::channel();
        let (outbox, deadline, max_send_bytes) = (self.outbox.clone(), self.deadline, self.max_send_bytes);
        self.tasks.spawn(async move {
            let outcome = match timeout(deadline, answer).await {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(_)) => Err("the client did not answer this call".to_owned()),
                Err(_) => Err("the client did not answer in time".to_owned()),
            };
            post(&outbox, completion(id, outcome, max_send_bytes)).await;
        });
        Some(Reply(sender))
    }
}

fn completion(invocation_id: String, outcome: Result<Value, String>, max_send_bytes: usize) -> String {
    let record = encode(&Message::Completion {
        invocation_id: invocation_id.clone(),
        outcome: outcome.map(|result| Some(result.into())),
    });
    if record.len() <= max_send_bytes {
        return record;
    }
    encode(&Message::Completion { invocation_id, outcome: Err("the result is too large to send".to_owned()) })
}

async fn post(outbox: &mpsc::WeakSender<String>, record: String) {
    if let Some(outbox) = outbox.upgrade() {
        // It fails if the session has ended, and then the server no longer waits.
        let _ = outbox.send(record).await;
    }
}
