use super::rest::{Rest, RestError};
use super::{Link, SessionState, intake, note_answer, rest, token_rejected};
use crate::{Phase, Shared};
use flux_protocol::limits::POLL_ITEMS_DEFAULT;
use std::time::Duration;
use tokio::time::Instant;

/// Polls: at once when the session drops, then adaptively; rarely while there is a session, as a safety net.
pub(super) async fn run(shared: &Shared, rest: &dyn Rest) {
    let mut link = shared.link.subscribe();
    let (min, max) = (shared.config.polling.min, shared.config.polling.max);
    let mut own = min;
    let mut due = Instant::now() + max;
    let mut had_session = true;
    loop {
        let has_session = !matches!(*link.borrow_and_update(), Link::Down);
        if had_session && !has_session {
            (own, due) = (min, Instant::now());
        } else if !had_session && has_session {
            due = Instant::now() + max;
        }
        had_session = has_session;
        note_next(shared, due);
        tokio::select! { biased;
            () = shared.reached(Phase::Draining) => return,
            _ = link.changed() => continue,
            () = tokio::time::sleep_until(due) => {}
        }
        let wait = match poll(shared, rest).await {
            Ok(brought) => {
                let busy = brought.any || shared.journal().unreported_count().is_ok_and(|count| count > 0);
                let wait = if has_session {
                    max
                } else if brought.full {
                    Duration::ZERO
                } else {
                    own.max(brought.store_wait)
                };
                own = if busy { min } else { (own * 2).min(max) };
                wait
            }
            Err(error) => {
                own = (own * 2).min(max);
                error.retry_after().unwrap_or_default().max(if has_session { max } else { own })
            }
        };
        due = Instant::now() + jitter(shared, wait);
    }
}

struct Brought {
    any: bool,
    full: bool,
    store_wait: Duration,
}

async fn poll(shared: &Shared, rest: &dyn Rest) -> Result<Brought, RestError> {
    let answer = match rest::poll(rest, POLL_ITEMS_DEFAULT).await {
        Ok(answer) => answer,
        Err(error) => {
            failed(shared, &error);
            return Err(error);
        }
    };
    note_answer(shared, answer.now);
    let now = shared.now();
    shared.store.send_modify(|view| view.polled_at = Some(now));
    let commands = answer.commands.items.len() + answer.commands.bad.len();
    let revoked = answer.revoked.as_ref().map_or(0, |batch| batch.items.len());
    tracing::debug!(commands, revoked, "polled");
    intake::deliver(shared, answer.commands, "poll");
    if let Some(revoked) = answer.revoked {
        intake::revoke(shared, revoked, "poll");
    }
    let store_wait =
        Duration::from_secs(answer.next_poll_seconds.unwrap_or(0).min(shared.config.polling.max.as_secs()));
    Ok(Brought { any: commands + revoked > 0, full: commands >= POLL_ITEMS_DEFAULT, store_wait })
}

fn failed(shared: &Shared, error: &RestError) {
    match error {
        RestError::Status { status: status @ (401 | 403), .. } => token_rejected(shared, *status),
        RestError::Status { status: 409, .. } if shared.store.borrow().session != SessionState::Connected => {
            refused(shared, error)
        }
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

/// ±10 %, so that many agents do not poll in step.
fn jitter(shared: &Shared, wait: Duration) -> Duration {
    let permille = 900 + shared.entropy.below(201) as u32;
    wait * permille / 1_000
}

fn note_next(shared: &Shared, due: Instant) {
    let wait = due.saturating_duration_since(Instant::now());
    let at = jiff::SignedDuration::try_from(wait).ok().map(|wait| shared.now() + wait);
    shared.store.send_modify(|view| view.next_poll_at = at);
}
