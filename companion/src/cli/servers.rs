//! The `server` commands.

use super::{CliError, ServerCommand, print, print_json, with_database};
use crate::app::referrals;
use crate::config::Config;
use crate::http::ServerOut;
use crate::secrets;
use crate::services::servers::{
    Unanswered, add, begin_forced_removal, begin_removal, finish_removal, receives, refuse_while_connected,
    replace_token,
};
use crate::services::{ServiceError, agents::is_polling};
use flux_platform::{Clock, SystemClock, SystemEntropy};
use flux_protocol::{ServerId, ServerToken};
use flux_rest::limits::PAGE_ITEMS;
use flux_shop::{Address, Label, QueueCounts};
use flux_storage::servers::SeatedServer;
use flux_storage::{Tx, commands, servers};
use flux_terminal::{ago, table, terminal_width};
use jiff::Timestamp;
use secrecy::ExposeSecret;

pub(super) fn run(config: &Config, command: ServerCommand) -> Result<(), CliError> {
    match command {
        ServerCommand::Add { name, address } => added(config, name, address),
        ServerCommand::List { json } => list(config, json),
        ServerCommand::Token { id } => token(config, whole_id(config, id)?),
        ServerCommand::Remove { id, force } => remove(config, whole_id(config, id)?, force),
    }
}

fn added(config: &Config, name: Label, address: Address) -> Result<(), CliError> {
    let token = secrets::server_token(&SystemEntropy, secrets::server_id(&SystemEntropy));
    let shown = token.clone();
    let receives = with_database(config, async move |db, by| {
        let write = db.write(move |tx| {
            let server = add(tx, &by, &token, name.clone(), address.clone())?;
            receives(tx, &server.id)
        });
        Ok(write.await?)
    })?;
    let packages: Vec<_> = receives.packages.iter().map(ToString::to_string).collect();
    for (kind, names) in [("packages", packages), ("referral rules", receives.rules)] {
        if !names.is_empty() {
            eprintln!("these {kind} are for all servers, so it gets their commands as well: {}", names.join(", "));
        }
    }
    show(&shown)
}

fn token(config: &Config, id: ServerId) -> Result<(), CliError> {
    let token = secrets::server_token(&SystemEntropy, id.clone());
    let hash = token.hash();
    with_database(config, async move |db, by| {
        Ok(db.write(move |tx| replace_token(tx, &by, &id, hash.clone())).await?)
    })?;
    show(&token)
}

fn show(token: &ServerToken) -> Result<(), CliError> {
    eprintln!("the token of {} is shown this once:", token.server_id());
    print(token.expose().expose_secret())
}

/// Only the serving companion knows of open sessions, so the status here comes from polls.
fn list(config: &Config, json: bool) -> Result<(), CliError> {
    let all = with_database(config, async |db, _| {
        let now = SystemClock.now();
        let rows: Vec<(SeatedServer, QueueCounts)> = db.read(all).await?;
        let view = |(seated, queue): (SeatedServer, _)| {
            let online = is_polling(&seated.server, now);
            ServerOut::new(seated, queue, online)
        };
        Ok(rows.into_iter().map(view).collect::<Vec<_>>())
    })?;
    if json {
        return print_json(&all);
    }
    if all.is_empty() {
        return print("no servers");
    }
    let now = SystemClock.now();
    let rows: Vec<_> = all.iter().map(|server| row(server, now)).collect();
    print(&table(["ID", "NAME", "ADDRESS", "LAST CALL", "OPEN"], &rows, terminal_width()))
}

fn row(server: &ServerOut, now: Timestamp) -> [String; 5] {
    let ServerOut { id, name, address, .. } = server;
    [
        id.to_string(),
        name.0.to_string(),
        address.0.to_string(),
        ago(server.last_seen_at, now),
        server.open_commands().to_string(),
    ]
}

fn all(tx: &Tx<'_>) -> Result<Vec<(SeatedServer, QueueCounts)>, ServiceError> {
    let mut all: Vec<(SeatedServer, QueueCounts)> = Vec::new();
    loop {
        let after = all.last().map_or("", |(seated, _)| seated.server.id.as_str()).to_owned();
        let page = servers::page_seated(tx, &after, PAGE_ITEMS)?;
        if page.is_empty() {
            return Ok(all);
        }
        for seated in page {
            let queue = commands::queue_counts(tx, &seated.server.id)?;
            all.push((seated, queue));
        }
    }
}

/// The id that begins with a text. A text that begins none is returned, so that the command itself says so.
fn whole_id(config: &Config, text: ServerId) -> Result<ServerId, CliError> {
    let rows = with_database(config, async |db, _| Ok(db.read(all).await?))?;
    let ids: Vec<ServerId> = rows.into_iter().map(|(seated, _)| seated.server.id).collect();
    if ids.contains(&text) {
        return Ok(text);
    }
    let mut found = ids.into_iter().filter(|id| id.as_str().starts_with(text.as_str()));
    match (found.next(), found.next()) {
        (None, _) => Ok(text),
        (Some(id), None) => Ok(id),
        (Some(one), Some(other)) => Err(CliError::AmbiguousId(text.to_string(), one.to_string(), other.to_string())),
    }
}

fn remove(config: &Config, id: ServerId, force: bool) -> Result<(), CliError> {
    let left = if force { Unanswered::Cancelled } else { Unanswered::StayOpen };
    let hooks = referrals(config);
    let result = with_database(config, async move |db, by| {
        let write = db.write(move |tx| {
            if force {
                begin_forced_removal(tx, &by, &hooks, &id)?;
            } else {
                refuse_while_connected(tx, &begin_removal(tx, &by, &hooks, &id)?)?;
            }
            finish_removal(tx, &by, &hooks, &id, left)
        });
        Ok(write.await?)
    })?;
    print(&removed(force, result.unanswered))?;
    let packages: Vec<_> = result.packages.iter().map(ToString::to_string).collect();
    for (kind, names) in [("packages", packages), ("referral rules", result.rules)] {
        if !names.is_empty() {
            print(&format!("these {kind} name it, and make no command there any more: {}", names.join(", ")))?;
        }
    }
    Ok(())
}

/// The sentence after a removal.
fn removed(force: bool, unanswered: u64) -> String {
    match (force, unanswered) {
        (_, 0) => "removed; 0 commands of it are open".to_owned(),
        (true, count) => {
            format!("removed; {count} open commands were closed without its agent's answer: they may have run")
        }
        (false, count) => format!(
            "removed; {count} commands without an answer of its agent stay open until it reports them; \
             repeat this with --force to close them"
        ),
    }
}
