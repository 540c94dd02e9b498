//! Sends the events to the storefront: in order, signed, each batch until it is answered with a 2xx.
//!
//! One request runs at a time, so no event overtakes another. The cursor moves after the answer, so a crash between the two
//! sends a batch a second time. A receiver recognises an event by its `seq`. The process that holds the webhook's lease sends.

mod send;
mod signature;

pub use signature::signature;

use crate::app::App;
use crate::config::Webhook;
use crate::http::EventOut;
use crate::leases::{self, JobError};
use crate::limits;
use flux_storage::cursors::{self, Cursor};
use flux_storage::leases::{Job, Lease};
use flux_storage::{Tx, events, meta};
use send::{SendError, Sender};
use serde::Serialize;
use std::sync::Arc;
use tokio::time::{sleep, timeout};

/// A request's body.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WebhookRequest<'a> {
    store_id: &'a str,
    store_epoch: String,
    events: Vec<EventOut>,
}

#[derive(Debug, thiserror::Error)]
enum DeliveryError {
    #[error(transparent)]
    Job(#[from] JobError),
    #[error(transparent)]
    Send(#[from] SendError),
}

/// Runs for ever; stop it by dropping it. Without a webhook it does nothing.
pub(crate) async fn run(app: Arc<App>) {
    if let Some(webhook) = &app.config.webhook {
        match Sender::new() {
            Ok(sender) => deliver_all(&app, webhook, &sender, &leases::take(&app, Job::Webhook).await).await,
            Err(error) => tracing::error!(error = %error, "failed to set up TLS; the webhook is off"),
        }
    }
    std::future::pending::<()>().await;
}

async fn deliver_all(app: &App, webhook: &Webhook, sender: &Sender, lease: &Lease) {
    let mut commits = app.db.commits();
    let mut wait = limits::WEBHOOK_RETRY;
    loop {
        commits.borrow_and_update();
        match deliver_next(app, webhook, sender, lease).await {
            Ok(0) => {
                wait = limits::WEBHOOK_RETRY;
                // Commits of the command line, another process, are not signalled: a timeout makes the loop look for them.
                let _ = timeout(limits::EVENTS_LOOK, commits.changed()).await;
            }
            Ok(count) => {
                wait = limits::WEBHOOK_RETRY;
                tracing::debug!(webhook.events = count, "webhook delivered");
            }
            Err(error) => {
                tracing::warn!(error = %error, retry.seconds = wait.as_secs(), "webhook delivery failed; retrying");
                sleep(wait).await;
                wait = (wait * 2).min(limits::WEBHOOK_RETRY_LONGEST);
            }
        }
    }
}

/// Delivers the next batch. Returns its number of events.
async fn deliver_next(app: &App, webhook: &Webhook, sender: &Sender, lease: &Lease) -> Result<usize, DeliveryError> {
    let held = lease.clone();
    let next = move |tx: &Tx<'_>| {
        leases::require(tx, &held)?;
        let cursor = cursors::position(tx, Cursor::Webhook)?.unwrap_or_default();
        Ok::<_, JobError>((cursor, events::after(tx, cursor, limits::EVENT_BATCH)?, meta::store_epoch(tx)?))
    };
    let (cursor, found, store_epoch) = app.db.read(next).await?;
    let Some(last) = found.last().map(|event| event.seq) else { return Ok(0) };
    let count = found.len();
    let store_id = &app.config.store.id;
    let request = WebhookRequest { store_id, store_epoch, events: found.into_iter().map(EventOut::from).collect() };
    let body = serde_json::to_vec(&request)
        .map_err(|_| JobError::from(flux_storage::Error::BadRow("an event that is no JSON")))?;
    let now = app.clock.now().as_second();
    timeout(limits::WEBHOOK_TIMEOUT, sender.send(webhook, body, now)).await.unwrap_or(Err(SendError::Slow))?;
    let held = lease.clone();
    let taken = move |tx: &Tx<'_>| {
        leases::require(tx, &held)?;
        if cursors::advance(tx, Cursor::Webhook, cursor, last)? { Ok(()) } else { Err(JobError::Cursor) }
    };
    app.db.write(taken).await?;
    Ok(count)
}
