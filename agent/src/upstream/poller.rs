//! Polls the store over REST: the fallback without a session, and a safety net beside one.

use super::rest::{Rest, RestError};
use super::{intake, record_answer, rest, token_rejected};
use crate::limits::{HEARTBEAT_SLACK, REST_DEADLINE};
use crate::state::{Link, Phase, PollRequest, SessionState, Shared};
use flux_platform::Entropy;
use flux_protocol::limits::POLL_ITEMS_DEFAULT;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Name of this task for the watchdog.
const TASK: &str = "poller";

/// Polls at once when the session ends, then at adaptive intervals; at the longest interval during a session; and whenever the admin requests it.
pub(super) async fn run(shared: &Shared, rest: &dyn Rest, mut requests: mpsc::Receiver<PollRequest>) {
    let (mut link, mut changes) = (shared.link.subscribe(), shared.live.subscribe());
    let mut own = shared.config().polling.min;
    let mut due = Instant::now() + shared.config().polling.max;
    let mut had_session = true;
    loop {
        let config = shared.config();
        let (min, max) = (config.polling.min, config.polling.max);
        let has_session = !matches!(*link.borrow_and_update(), Link::Down);
        if had_session && !has_session {
            (own, due) = (min, Instant::now());
        } else if !had_session && has_session {
            due = Instant::now() + max;
        }
        had_session = has_session;
        record_next_poll(shared, due);
        shared.heartbeat.expect_within(TASK, due.saturating_duration_since(Instant::now()) + HEARTBEAT_SLACK);
        let request = tokio::select! { biased;
            () = shared.reached(Phase::Draining) => return,
            _ = link.changed() => continue,
            _ = changes.changed() => {
                // The token may be new: without a session, try it at once.
                (own, due) = (min, if has_session { due } else { Instant::now() });
                continue;
            }
            Some(request) = requests.recv() => Some(request),
            () = tokio::time::sleep_until(due) => None,
        };
        shared.heartbeat.expect_within(TASK, REST_DEADLINE + min + HEARTBEAT_SLACK);
        let outcome = poll(shared, rest, longest(own, max)).await;
        shared.metrics.count_poll(outcome.is_ok());
        if let Some(request) = request {
            // The client may have disconnected.
            let _ = request.send(outcome.as_ref().map(|result| result.items).map_err(ToString::to_string));
        }
        let wait = match outcome {
            Ok(result) => {
                let open_reports = shared.journal().has_unreported().unwrap_or(false);
                if result.items > 0 || open_reports {
                    own = min;
                }
                let wait = own.max(result.store_wait);
                own = (own * 2).min(max);
                if result.is_full && reports_acknowledged(shared).await { Duration::ZERO } else { wait }
            }
            Err(error) => {
                let wait = error.retry_after().unwrap_or_default().max(own);
                own = (own * 2).min(max);
                wait
            }
        };
        due = Instant::now() + vary(&*shared.entropy, if has_session { max } else { wait }, min, max);
    }
}

struct PollResult {
    items: usize,
    /// The answer holds as many items as requested, and some are new: the store has more.
    is_full: bool,
    store_wait: Duration,
}

async fn poll(shared: &Shared, rest: &dyn Rest, next: Duration) -> Result<PollResult, RestError> {
    let answer = match rest::poll(rest, POLL_ITEMS_DEFAULT, next).await {
        Ok(answer) => answer,
        Err(error) => {
            failed(shared, &error);
            return Err(error);
        }
    };
    record_answer(shared, shared.read_hint("now", answer.now));
    let next_poll_seconds = shared.read_hint("nextPollSeconds", answer.next_poll_seconds);
    let now = shared.now();
    shared.store.send_modify(|view| view.polled_at = Some(now));
    let delivered = intake::deliver(shared, answer.commands, "poll");
    let revoked = answer.revoked.map(|batch| intake::revoke(shared, batch, "poll")).unwrap_or_default();
    tracing::debug!(commands = delivered.items, revoked = revoked.items, "polled");
    let store_wait = Duration::from_secs(next_poll_seconds.unwrap_or(0)).min(shared.config().polling.max);
    Ok(PollResult {
        items: delivered.items + revoked.items,
        is_full: delivered.items >= POLL_ITEMS_DEFAULT && delivered.fresh > 0,
        store_wait,
    })
}

/// Waits until the store has acknowledged all reports, at most for `polling.min`. Returns false on timeout.
async fn reports_acknowledged(shared: &Shared) -> bool {
    let mut acknowledged = shared.acknowledged.subscribe();
    let empty = async {
        while shared.journal().has_unreported().unwrap_or(false) {
            if acknowledged.changed().await.is_err() {
                return;
            }
        }
    };
    tokio::time::timeout(shared.config().polling.min, empty).await.is_ok()
}

fn failed(shared: &Shared, error: &RestError) {
    let is_connected = shared.store.borrow().session == SessionState::Connected;
    match error {
        RestError::Status { status, rejects_token: true, .. } if !is_connected => token_rejected(shared, *status),
        RestError::Status { status: 409, is_own: true, .. } if !is_connected => refused(shared, error),
        _ => tracing::debug!(%error, "poll failed"),
    }
}

fn refused(shared: &Shared, error: &RestError) {
    if shared.store.borrow().session != SessionState::Refused {
        tracing::error!(%error, "the store refused a poll");
    }
    shared.store.send_modify(|view| {
        view.session = SessionState::Refused;
        view.error = Some(error.to_string());
    });
}

/// Varies the wait by up to 10 % within its bounds, so that agents do not poll in step. No wait stays none.
fn vary(entropy: &dyn Entropy, wait: Duration, min: Duration, max: Duration) -> Duration {
    if wait.is_zero() {
        return wait;
    }
    let (shortest, longest) = ((wait * 9 / 10).clamp(min, max), longest(wait, max));
    let range = longest.saturating_sub(shortest).as_millis() as u64;
    shortest + Duration::from_millis(entropy.below(range + 1))
}

/// The longest that a wait becomes.
fn longest(wait: Duration, max: Duration) -> Duration {
    (wait * 11 / 10).min(max)
}

fn record_next_poll(shared: &Shared, due: Instant) {
    let wait = due.saturating_duration_since(Instant::now());
    let at = jiff::SignedDuration::try_from(wait).ok().map(|wait| shared.now() + wait);
    shared.store.send_modify(|view| view.next_poll_at = at);
}

#[cfg(test)]
mod tests {
    use super::*;
    use flux_platform::SystemEntropy;

    #[test]
    fn varied_wait_stays_within_its_bounds_and_the_announced_one() {
        let (min, max) = (Duration::from_secs(15), Duration::from_secs(300));
        for seconds in [15, 16, 30, 120, 290, 300] {
            let wait = Duration::from_secs(seconds);
            let waits: Vec<_> = (0..200).map(|_| vary(&SystemEntropy, wait, min, max)).collect();
            assert!(waits.iter().all(|varied| (min..=longest(wait, max)).contains(varied)), "{seconds}: {waits:?}");
            assert!(waits.iter().any(|varied| *varied != waits[0]), "{seconds}: agents would poll in step");
        }
        assert_eq!(vary(&SystemEntropy, Duration::ZERO, min, max), Duration::ZERO);
        assert_eq!(longest(max, max), max);
    }
}
