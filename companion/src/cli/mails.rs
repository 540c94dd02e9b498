//! The `mail` commands.

use super::{CliError, MailCommand, print, print_json, runtime, with_database};
use crate::config::Config;
use crate::http::MailOut;
use crate::notify::mail::send_test;
use crate::notify::unsubscribe::UnsubscribeKey;
use flux_platform::{Clock, SystemClock};
use flux_shop::MailStatus;
use flux_storage::{Tx, mail};
use flux_terminal::{LocalTime, escape, table, terminal_width};

pub(super) fn run(config: &Config, command: MailCommand) -> Result<(), CliError> {
    match command {
        MailCommand::Resubscribe { address } => resubscribe(config, &address),
        MailCommand::List { status, limit, json } => list(config, status, limit, json),
        MailCommand::Test { address } => test(config, &address),
    }
}

fn test(config: &Config, address: &str) -> Result<(), CliError> {
    let Some(mail) = &config.mail else { return Err(CliError::NoMail) };
    let sent = runtime()?.block_on(send_test(mail, &config.store.id, address, SystemClock.now()));
    sent.map_err(|problem| CliError::MailNotSent(escape(&problem).to_string()))?;
    print(&format!(
        "the mail server took a test mail to {}: look into the mailbox, and its spam folder",
        escape(address)
    ))
}

fn resubscribe(config: &Config, address: &str) -> Result<(), CliError> {
    let wanted = address.to_owned();
    let was_unsubscribed = with_database(config, async move |db, _| {
        let write = db.write(move |tx: &Tx<'_>| {
            let recipient = UnsubscribeKey::load(tx)?.recipient(&wanted);
            recipient.map_or(Ok(false), |recipient| mail::resubscribe(tx, &recipient))
        });
        Ok(write.await.map_err(|error: flux_storage::Error| error)?)
    })?;
    let fate = if was_unsubscribed { "gets mails again" } else { "had not unsubscribed" };
    print(&format!("{} {fate}", escape(address)))
}

fn list(config: &Config, status: Option<MailStatus>, limit: u32, json: bool) -> Result<(), CliError> {
    let found = with_database(config, async move |db, _| {
        Ok(db.read(move |tx| mail::page(tx, i64::MAX, status, limit)).await?)
    })?;
    let found: Vec<MailOut> = found.into_iter().map(MailOut::from).collect();
    if json {
        return print_json(&found);
    }
    if found.is_empty() {
        return print("no mails");
    }
    let local = LocalTime::of_this_machine();
    let rows: Vec<_> = found.into_iter().map(|mail| row(mail, &local)).collect();
    print(&table(["SEQ", "CREATED", "KIND", "CUSTOMER", "TO", "STATUS", "REASON"], &rows, terminal_width()))
}

fn row(mail: MailOut, local: &LocalTime) -> [String; 7] {
    let MailOut { seq, kind, customer_id, to, status, reason, created_at, .. } = mail;
    [
        seq.to_string(),
        local.seconds(created_at),
        kind,
        customer_id.0.to_string(),
        to.unwrap_or_default(),
        status.0.as_str().to_owned(),
        reason.unwrap_or_default(),
    ]
}
