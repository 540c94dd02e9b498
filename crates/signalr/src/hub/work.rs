use std::{panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt;
use serde_json::Value;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

use super::{Caller, HubError, HubOptions, HubService};

/// What a client asked for.
pub(super) enum Job {
    Call { invocation_id: Option<String>, target: String, arguments: Vec<Value> },
    Stream { invocation_id: String },
}

/// Greets the caller, then runs its calls one at a time until the queue or the connection is closed. A call that has
/// begun is finished.
pub(super) async fn work<S: HubService>(
    service: &S,
    caller: &Caller<S::Identity>,
    mut jobs: mpsc::Receiver<Job>,
    options: &HubOptions,
) {
    guarded(service.connected(caller)).await;
    let mut pace = Pace::new(options.max_invocations_per_second);
    while let Some(job) = jobs.recv().await {
        pace.wait().await;
        if caller.connection.is_closed() {
            return;
        }
        match job {
            Job::Call { invocation_id, target, arguments } => {
                let outcome = guarded(service.invoke(caller, &target, arguments)).await;
                let outcome = outcome.unwrap_or(Err(HubError::Internal)).map_err(|error| error.to_string());
                if let Some(id) = invocation_id {
                    caller.connection.complete(id, outcome).await;
                }
            }
            Job::Stream { invocation_id } => {
                let refusal = Err("this hub has no streaming methods".to_owned());
                caller.connection.complete(invocation_id, refusal).await;
            }
        }
    }
}

/// Runs a method of the application; `None` if it panicked, which the panic hook has told.
pub(super) async fn guarded<T>(method: impl Future<Output = T>) -> Option<T> {
    let outcome = AssertUnwindSafe(method).catch_unwind().await;
    if outcome.is_err() {
        tracing::error!("a method of the hub's service panicked");
    }
    outcome.ok()
}

/// So many calls a second on average, and a second's worth in a burst.
struct Pace {
    interval: Duration,
    burst: Duration,
    /// When the budget would be whole again.
    full_at: Instant,
}

impl Pace {
    fn new(per_second: u32) -> Self {
        let burst = Duration::from_secs(1);
        Self { interval: burst / per_second.max(1), burst, full_at: Instant::now() }
    }

    async fn wait(&mut self) {
        self.full_at = self.full_at.max(Instant::now()) + self.interval;
        sleep_until(self.full_at - self.burst).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn point_49_a_burst_of_one_second_passes_and_the_rest_is_spread() {
        let start = Instant::now();
        let mut pace = Pace::new(10);
        for _ in 0..10 {
            pace.wait().await;
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        for _ in 0..10 {
            pace.wait().await;
        }
        assert_eq!(start.elapsed(), Duration::from_secs(1));
    }
}
