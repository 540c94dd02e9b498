//! Runs the calls of one connection.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use tokio::{sync::mpsc, time::timeout};

use super::{Caller, HubError, HubOptions, HubService};
use crate::codec::RawJson;

/// A request of a client.
pub(super) enum Job {
    Call { invocation_id: Option<String>, target: String, arguments: RawJson },
    Stream { invocation_id: String },
}

/// Announces the caller to the service, then runs its calls one at a time until the queue or the connection is closed.
/// A started call is finished.
pub(super) async fn run_jobs<S: HubService>(
    service: &S,
    caller: &Caller<S::Identity>,
    mut jobs: mpsc::Receiver<Job>,
    options: &HubOptions,
) {
    let limit = options.invocation_timeout;
    if timeout(limit, catch_panic(service.connected(caller))).await.is_err() {
        tracing::warn!(?limit, "closing a new connection: the service did not accept it in time");
        return caller.connection.close(Some("the server is busy".to_owned()), true);
    }
    while let Some(job) = jobs.recv().await {
        if caller.connection.is_closed() {
            return;
        }
        match job {
            Job::Call { invocation_id, target, arguments } => {
                let outcome = match arguments.parse() {
                    Ok(arguments) => {
                        match timeout(limit, catch_panic(service.invoke(caller, &target, arguments))).await {
                            Ok(outcome) => outcome.unwrap_or(Err(HubError::Internal)),
                            Err(_) => Err(HubError::Timeout),
                        }
                    }
                    // Nested too deep, or a number or text that cannot be represented.
                    Err(_) => Err(HubError::InvalidArguments),
                };
                let outcome = outcome.map_err(|error| error.to_string());
                if let Some(id) = invocation_id {
                    caller.connection.complete(id, outcome).await;
                }
            }
            Job::Stream { invocation_id } => {
                let error = Err("this hub has no streaming methods".to_owned());
                caller.connection.complete(invocation_id, error).await;
            }
        }
    }
}

/// Runs a method of the application; `None` if it panicked, which the panic hook has reported.
pub(super) async fn catch_panic<T>(method: impl Future<Output = T>) -> Option<T> {
    let outcome = AssertUnwindSafe(method).catch_unwind().await;
    if outcome.is_err() {
        tracing::error!("a hub method panicked");
    }
    outcome.ok()
}
