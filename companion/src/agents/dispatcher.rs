//! Sends each session its commands: on `Hello`, on a wakeup, when a retry is due, and every 30 s.
//!
//! A wakeup sends only commands that this session was not offered lately, so that a batch in flight is not repeated with
//! every report. `Hello` and the sweep send all commands that this journal has not reported (rule 2).

use super::{Session, SessionSignals};
use crate::app::App;
use crate::limits;
use crate::services::offers::{self, Offers, Transport};
use crate::services::{ServiceError, seats};
use flux_platform::{CrashPoint, crash_point};
use flux_protocol::limits::BATCH_ITEMS;
use flux_protocol::method;
use flux_storage::Tx;
use flux_storage::commands::{self, OfferFilter};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// Runs until the session ends.
pub(super) async fn run(app: Arc<App>, session: Arc<Session>) {
    let mut ended = session.ended.subscribe();
    let mut next_sweep = Instant::now() + limits::SWEEP;
    let mut next_retry = offer_due(&app, &session, None).await;
    loop {
        tokio::select! { biased;
            () = ending(&mut ended) => return,
            () = sleep_until(next_sweep) => {
                next_sweep = Instant::now() + limits::SWEEP;
                next_retry = offer_due(&app, &session, None).await;
            }
            () = session.wakeup.notified() => next_retry = offer_due(&app, &session, Some(limits::OFFER_QUIET)).await,
            () = until(next_retry) => next_retry = offer_due(&app, &session, Some(limits::OFFER_QUIET)).await,
        }
    }
}

async fn ending(ended: &mut watch::Receiver<bool>) {
    // An error means that the session was dropped: it has ended too.
    let _ = ended.wait_for(|ended| *ended).await;
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Sends one batch, and returns the time of the next retry. After a failure, the next sweep tries again.
async fn offer_due(app: &App, session: &Session, quiet: Option<Duration>) -> Option<Instant> {
    let now = app.clock.now();
    let filter = OfferFilter { quiet_since: quiet.map(|quiet| before(now, quiet)), player: None, limit: BATCH_ITEMS };
    match offer(app, session, filter, now).await {
        Ok((offers, next_retry)) => {
            push(session, offers);
            let wait = next_retry.map(|at| Duration::try_from(at.duration_since(now)).unwrap_or_default());
            wait.map(|wait| Instant::now() + wait)
        }
        Err(ServiceError::TokenRevoked) => {
            // The command line has replaced the token. A session with the new token may be registered already.
            if app.sessions.on(&session.server_id, &session.connection).is_some() {
                app.sessions.token_replaced(&session.server_id);
            }
            None
        }
        Err(ServiceError::ServerRemoved) => {
            // The command line has removed the server.
            if app.sessions.on(&session.server_id, &session.connection).is_some() {
                app.sessions.server_removed(&session.server_id);
            }
            None
        }
        Err(error @ ServiceError::SeatLost) => {
            session.connection.close(Some(error.to_string()), true);
            None
        }
        Err(error) => {
            tracing::warn!(server.id = %session.server_id, error = %error, "failed to offer commands; retrying");
            None
        }
    }
}

fn before(now: Timestamp, quiet: Duration) -> Timestamp {
    SignedDuration::try_from(quiet).ok().and_then(|quiet| now.checked_sub(quiet).ok()).unwrap_or(now)
}

/// Reads first, and writes only if there is something to offer: most sweeps find nothing.
async fn offer(
    app: &App,
    session: &Session,
    filter: OfferFilter,
    now: Timestamp,
) -> Result<(Offers, Option<Timestamp>), ServiceError> {
    let (credential, journal) = (session.credential.clone(), session.journal_id.clone());
    let first = OfferFilter { limit: 1, ..filter.clone() };
    let (is_idle, next_retry) = app
        .db
        .read(move |tx| {
            let server = credential.server(tx)?.id;
            let found = commands::to_offer(tx, &server, &journal, &first)?;
            Ok::<_, ServiceError>((found.is_empty(), commands::next_retry(tx, &server, now)?))
        })
        .await?;
    let offers = if is_idle { Offers::default() } else { commit(app, session, filter).await? };
    Ok((offers, next_retry))
}

/// Commits the offers of a filter to this session, if its token is still the server's and the session has the seat.
pub(super) async fn commit(app: &App, session: &Session, filter: OfferFilter) -> Result<Offers, ServiceError> {
    let (credential, journal, seat) = (session.credential.clone(), session.journal_id.clone(), session.seat.clone());
    let hooks = app.hooks();
    let write = move |tx: &Tx<'_>| {
        let server = credential.server(tx)?.id;
        seats::require(tx, Some(&seat))?;
        offers::offer(tx, &*hooks, &server, &journal, &filter, Transport::Session)
    };
    app.db.write(write).await
}

/// Sends committed offers in batches. If the queue is full, a sweep of the next session offers the rest again.
pub(super) fn push(session: &Session, offers: Offers) {
    for command in &offers.commands {
        tracing::info!(command.id = %command.id, attempt = command.attempt.get(), server.id = %session.server_id,
            redelivered = command.redelivered, "command offered");
    }
    for revocation in &offers.revoked {
        tracing::info!(command.id = %revocation.id, attempt = revocation.attempt.get(), server.id = %session.server_id,
            redelivered = revocation.redelivered, "revoke offered");
    }
    let sent =
        send(session, method::REVOKE, &offers.revoked).and_then(|()| send(session, method::DELIVER, &offers.commands));
    if let Err(error) = sent {
        tracing::warn!(server.id = %session.server_id, error = %error, "failed to push to session");
    }
}

fn send<T: Serialize>(session: &Session, method: &str, items: &[T]) -> Result<(), flux_signalr::hub::HubSendError> {
    for batch in batches(items) {
        crash_point(CrashPoint::Message);
        session.connection.send(method, vec![Value::Array(batch)])?;
    }
    Ok(())
}

/// Batches of at most 500 items and 256 KiB.
fn batches<T: Serialize>(items: &[T]) -> Vec<Vec<Value>> {
    let mut batches = Vec::new();
    let (mut batch, mut size_bytes) = (Vec::new(), 0);
    for value in items.iter().filter_map(|item| serde_json::to_value(item).ok()) {
        let value_bytes = value.to_string().len();
        if batch.len() == BATCH_ITEMS || (!batch.is_empty() && size_bytes + value_bytes > limits::PUSH_BYTES) {
            batches.push(std::mem::take(&mut batch));
            size_bytes = 0;
        }
        size_bytes += value_bytes;
        batch.push(value);
    }
    if !batch.is_empty() {
        batches.push(batch);
    }
    batches
}
