//! Sends the mails in the order of their events, invitations after all others, and records what has become of each.
//!
//! The cursor moves after the server's answer: a crash between the two sends a mail a second time, under the same
//! `Message-ID`. A mail that is refused is given up, and one that fails otherwise is put off, so one bad address delays no
//! other mail. A server that cannot be reached, refuses the login, or fails a round of mails delays all of them.
//!
//! Without `mail` in the config nothing is written: the cursor and the retries stay as they are. At the next start with it,
//! mails that are older than a day are skipped.

mod address;
mod html;
mod pace;
mod send;

use crate::app::App;
use crate::config::Mail;
use crate::leases::{self, JobError};
use crate::limits;
use crate::notify::unsubscribe::{UnsubscribeKey, recipient};
use flux_referrals::ReferralContext;
use flux_referrals::service::Letter as Written;
use flux_shop::Event;
use flux_storage::Tx;
use flux_storage::leases::{Job, Lease};
use flux_storage::mail::{self as rows, NextMail, Outcome, Wanted};
use jiff::Timestamp;
use pace::{Pace, Pause, Tried, put_off_for};
use send::{Letter, SendError, Sender, Verdict};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// Sends one mail now, to test the config.
///
/// # Errors
/// The reason that the mail server did not take it.
pub(crate) async fn send_test(mail: &Mail, store: &str, to: &str, now: Timestamp) -> Result<(), String> {
    let sender = Sender::new(mail).map_err(|error| format!("mail.server: {error}"))?;
    let id = format!("<test-{}@{store}.flux>", now.as_millisecond());
    let body = "This mail shows that the store can send mails.\n";
    let letter = Letter { to, to_name: None, subject: "Test mail of your store", body, id, unsubscribe: None };
    sender.send(letter).await.map_err(|error| error.to_string())
}

/// Runs for ever; stop it by dropping it. Without `mail` in the config it does nothing: mails are events only.
pub(crate) async fn run(app: Arc<App>) {
    match app.config.mail.as_ref().map(Sender::new) {
        Some(Ok(sender)) => send_all(&app, &sender, &leases::take(&app, Job::Mail).await).await,
        Some(Err(error)) => tracing::error!(error = %error, "failed to set up mail; no mail is sent"),
        None => {}
    }
    std::future::pending::<()>().await;
}

async fn send_all(app: &App, sender: &Sender<'_>, lease: &Lease) {
    let mut commits = app.db.commits();
    let (mut pace, mut has_begun) = (Pace::default(), false);
    // Mails that were put off wait for both.
    let (mut share_from, mut slowed_from) = (Instant::now(), Instant::now());
    loop {
        commits.borrow_and_update();
        let put_off_wait = share_from.max(slowed_from).saturating_duration_since(Instant::now());
        let wanted = pace.wanted(!put_off_wait.is_zero());
        match send_next(app, sender, lease, wanted, &mut pace, &mut has_begun).await {
            Ok(Some(Pause::None)) => {}
            Ok(Some(Pause::Over)) => slowed_from = Instant::now(),
            Ok(Some(Pause::PutOff { share, slowed })) => {
                let now = Instant::now();
                (share_from, slowed_from) = (now + share, now + slowed);
            }
            Ok(Some(Pause::All(wait))) => sleep(wait).await,
            // Commits of the command line, another process, are not signalled: a timeout makes the loop look for them.
            Ok(None) => {
                let waits = Some(put_off_wait).filter(|wait| !wait.is_zero());
                let look = waits.unwrap_or(limits::EVENTS_LOOK).min(limits::EVENTS_LOOK);
                drop(timeout(look, commits.changed()).await);
            }
            Err(error) => {
                let wait = pace.server_failed();
                tracing::warn!(error = %error, retry.seconds = wait.as_secs(), "mail delivery failed; retrying");
                sleep(wait).await;
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

/// Sends the next mail, if there is one, and returns the wait after it.
async fn send_next(
    app: &App,
    sender: &Sender<'_>,
    lease: &Lease,
    wanted: Wanted,
    pace: &mut Pace,
    has_begun: &mut bool,
) -> Result<Option<Pause>, Unsent> {
    if !*has_begun {
        begin(app, lease).await?;
        *has_begun = true;
    }
    let (now, held, hooks) = (app.clock.now(), lease.clone(), app.hooks());
    let next = move |tx: &Tx<'_>| {
        leases::require(tx, &held)?;
        rows::next(tx, now, wanted)?.map(|mail| Ok(found(tx, hooks.context(), mail)?)).transpose()
    };
    let Some(Found { mail: NextMail { event, customer, tries, after }, written, token, is_unsubscribed }) =
        app.db.read(next).await.map_err(|error: JobError| error)?
    else {
        return Ok(None);
    };
    let tried = if after.is_some() { Tried::New } else { Tried::PutOff };
    let letter = match letter(app, &event, &written, customer.as_deref(), &token) {
        Ok(_) if is_unsubscribed => Err("the recipient has unsubscribed"),
        letter => letter,
    };
    let (outcome, pause) = match letter {
        Ok(letter) => {
            let began = Instant::now();
            let sent = sender.send(letter).await;
            judge(&event, sent, Attempt { tries, tried, now, took: began.elapsed() }, pace)?
        }
        Err(reason) => {
            tracing::debug!(event.seq = event.seq, reason, "mail has no recipient");
            (Outcome::GivenUp { reason: reason.to_owned() }, Pause::None)
        }
    };
    let (held, seq) = (lease.clone(), event.seq);
    let done = move |tx: &Tx<'_>| {
        leases::require(tx, &held)?;
        if rows::done(tx, seq, after, &outcome)? { Ok(()) } else { Err(JobError::Cursor) }
    };
    app.db.write(done).await?;
    Ok(Some(pause))
}

/// A try of a mail.
struct Attempt {
    /// The number of earlier ones.
    tries: u32,
    tried: Tried,
    now: Timestamp,
    took: Duration,
}

/// The end of a try, and the wait after it. A failure of the server is an error: it says nothing about the mail.
fn judge(
    event: &Event,
    sent: Result<(), SendError>,
    attempt: Attempt,
    pace: &mut Pace,
) -> Result<(Outcome, Pause), SendError> {
    let (seq, kind) = (event.seq, &event.kind);
    let Attempt { tries, tried, now, took } = attempt;
    let error = match sent {
        Ok(()) => {
            tracing::info!(event.seq = seq, event.kind = kind, "mail sent");
            return Ok((Outcome::Sent, pace.answered(tried)));
        }
        Err(error) => error,
    };
    let verdict = error.verdict();
    let pause = match verdict {
        Verdict::Server => return Err(error),
        Verdict::Unclear => pace.failed(tried, took),
        Verdict::Deferred | Verdict::Refused => pace.answered(tried),
    };
    let reason = error.to_string().chars().take(limits::MAIL_REASON_CHARS).collect();
    if verdict == Verdict::Refused || tries + 1 >= limits::MAIL_TRIES {
        tracing::warn!(error = %error, event.seq = seq, event.kind = kind, mail.tries = tries + 1, "mail given up");
        return Ok((Outcome::GivenUp { reason }, pause));
    }
    let wait = put_off_for(tries);
    tracing::info!(error = %error, event.seq = seq, event.kind = kind, retry.seconds = wait.as_secs(), "mail put off");
    if let Pause::All(wait) = pause {
        tracing::warn!(error = %error, retry.seconds = wait.as_secs(), "mail delivery failed; retrying");
    }
    Ok((Outcome::PutOff { reason, next_attempt_at: now.saturating_add(wait).unwrap_or(now) }, pause))
}

/// A mail that is to be sent, unless its recipient wants none.
struct Found {
    mail: NextMail,
    /// Its text as it is now.
    written: Written,
    /// The token that unsubscribes the recipient.
    token: String,
    is_unsubscribed: bool,
}

fn found(tx: &Tx<'_>, ctx: &ReferralContext, mail: NextMail) -> Result<Found, flux_storage::Error> {
    let written = match flux_referrals::service::letter(tx, ctx, &mail.event)? {
        Some(written) => written,
        None => as_recorded(&mail.event),
    };
    let key = UnsubscribeKey::load(tx)?;
    let recipient = recipient(&mail.event, mail.customer.as_deref()).ok().and_then(|to| key.recipient(to));
    let is_unsubscribed = recipient.map_or(Ok(false), |recipient| rows::is_unsubscribed(tx, &recipient))?;
    Ok(Found { token: key.token(mail.event.seq), mail, written, is_unsubscribed })
}

/// The text that an event has.
fn as_recorded(event: &Event) -> Written {
    let text = |name: &str| event.data[name].as_str().unwrap_or_default().to_owned();
    Written { subject: text("subject"), body: text("body"), to_name: None }
}

/// The mail of an event.
///
/// # Errors
/// The reason that it has no recipient.
fn letter<'a>(
    app: &App,
    event: &'a Event,
    written: &'a Written,
    customer: Option<&'a str>,
    token: &str,
) -> Result<Letter<'a>, &'static str> {
    let to = recipient(event, customer)?;
    let id = format!("<{}@{}.flux>", event.seq, app.config.store.id);
    // RFC 8058 wants HTTPS.
    let public = app.config.public_url.as_ref().filter(|url| url.starts_with("https://"));
    let unsubscribe = public.map(|url| format!("{url}/u/{token}"));
    let Written { subject, body, to_name } = written;
    Ok(Letter { to, to_name: to_name.as_deref(), subject: subject.trim(), body: body.trim(), id, unsubscribe })
}
