//! Sends the mails in the order of their events, and retries each until the server accepts it.
//!
//! The cursor moves after the server's answer: a crash between the two sends a mail a second time, under the same
//! `Message-ID`. A mail that the server rejects is skipped, and a mail that it defers is retried apart from the others, so one
//! bad address delays no other mail. A server that does not answer, or refuses the login, delays all of them.
//!
//! Without `mail` in the config nothing is written: the cursor and the retries stay as they are. At the next start with it,
//! mails that are older than a day are skipped.

mod send;

use crate::app::App;
use crate::config::Mail;
use crate::leases::{self, JobError};
use crate::limits;
use flux_shop::Event;
use flux_storage::leases::{Job, Lease};
use flux_storage::{Tx, mail as rows};
use send::{Concerns, SendError, Sender};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// Runs for ever; stop it by dropping it. Without `mail` in the config it does nothing: mails are events only.
pub(crate) async fn run(app: Arc<App>) {
    match app.config.mail.as_ref().map(|mail| (mail, Sender::new(mail))) {
        Some((mail, Ok(sender))) => send_all(&app, mail, &sender, &leases::take(&app, Job::Mail).await).await,
        Some((_, Err(error))) => tracing::error!(error = %error, "failed to set up mail; no mail is sent"),
        None => {}
    }
    std::future::pending::<()>().await;
}

async fn send_all(app: &App, mail: &Mail, sender: &Sender, lease: &Lease) {
    let mut commits = app.db.commits();
    let mut wait = limits::MAIL_RETRY;
    let mut has_begun = false;
    loop {
        commits.borrow_and_update();
        match send_next(app, mail, sender, lease, &mut has_begun).await {
            Ok(true) => wait = limits::MAIL_RETRY,
            Ok(false) => {
                wait = limits::MAIL_RETRY;
                // Commits of the command line, another process, are not signalled: a timeout makes the loop look for them.
                let _ = timeout(limits::EVENTS_LOOK, commits.changed()).await;
            }
            Err(error) => {
                tracing::warn!(error = %error, retry.seconds = wait.as_secs(), "mail delivery failed; retrying");
                sleep(wait).await;
                wait = (wait * 2).min(limits::MAIL_RETRY_LONGEST);
            }
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum Unsent {
    #[error(transparent)]
    Job(#[from] JobError),
    #[error(transparent)]
    Send(#[from] SendError),
}

/// Places the cursor, and skips the mails that have become too old while none were sent.
async fn begin(app: &App, lease: &Lease) -> Result<(), Unsent> {
    let lease = lease.clone();
    let begin = move |tx: &Tx<'_>| {
        leases::require(tx, &lease)?;
        Ok::<_, JobError>(rows::begin(tx, tx.now().saturating_sub(limits::MAIL_AGE).unwrap_or(tx.now()))?)
    };
    let skipped = app.db.write(begin).await?;
    if skipped > 0 {
        tracing::warn!(mail.count = skipped, "mails have waited for more than a day; skipped");
    }
    Ok(())
}

/// Sends the next mail, if there is one.
async fn send_next(
    app: &App,
    mail: &Mail,
    sender: &Sender,
    lease: &Lease,
    has_begun: &mut bool,
) -> Result<bool, Unsent> {
    if !*has_begun {
        begin(app, lease).await?;
        *has_begun = true;
    }
    let (now, held) = (app.clock.now(), lease.clone());
    let next = move |tx: &Tx<'_>| {
        leases::require(tx, &held)?;
        Ok::<_, JobError>(rows::next(tx, now)?)
    };
    let Some(rows::Mail { event, customer, tries, after }) = app.db.read(next).await? else { return Ok(false) };
    let seq = event.seq;
    let again = match recipient(&event, customer) {
        Some(to) => {
            let id = format!("<{seq}@{}.flux>", app.config.store.id);
            let sent = timeout(limits::MAIL_TIMEOUT, sender.send(mail, &to, &event, id)).await;
            let sent = sent.unwrap_or(Err(SendError::Slow));
            outcome(&event, sent, tries)?.map(|wait| (tries + 1, now.saturating_add(wait).unwrap_or(now)))
        }
        None => {
            tracing::debug!(event.seq = seq, "the customer has no address; mail dropped");
            None
        }
    };
    let held = lease.clone();
    let done = move |tx: &Tx<'_>| {
        leases::require(tx, &held)?;
        if rows::done(tx, seq, after, again)? { Ok(()) } else { Err(JobError::Cursor) }
    };
    app.db.write(done).await?;
    Ok(true)
}

/// The wait before a deferred mail is retried while others go on; `None` for a mail that was sent or dropped. An error delays
/// all mails.
fn outcome(event: &Event, sent: Result<(), SendError>, tries: u32) -> Result<Option<Duration>, SendError> {
    let (seq, kind) = (event.seq, &event.kind);
    let error = match sent {
        Ok(()) => {
            tracing::info!(event.seq = seq, event.kind = kind, "mail sent");
            return Ok(None);
        }
        Err(error) => error,
    };
    match error.concerns() {
        Concerns::Server => Err(error),
        Concerns::Mail { for_now: true } if tries < limits::MAIL_TRIES => {
            let wait = (limits::MAIL_RETRY * 2_u32.saturating_pow(tries)).min(limits::MAIL_PUT_OFF_LONGEST);
            tracing::info!(error = %error, event.seq = seq, event.kind = kind, retry.seconds = wait.as_secs(), "mail server deferred the mail; retrying");
            Ok(Some(wait))
        }
        Concerns::Mail { .. } => {
            tracing::warn!(error = %error, event.seq = seq, event.kind = kind, "mail server refused the mail; dropped");
            Ok(None)
        }
    }
}

/// The address that the event names, else the customer's.
fn recipient(event: &Event, customer: Option<String>) -> Option<String> {
    event.data["to"].as_str().map(str::to_owned).or(customer)
}
