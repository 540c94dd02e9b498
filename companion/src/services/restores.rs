//! A database after its restore: marks that it is one, and tells what it cannot know.

use super::Audit;
use flux_protocol::ServerId;
use flux_rest::limits::PAGE_ITEMS;
use flux_shop::kind;
use flux_storage::{Tx, commands, events, keys, meta, servers};
use jiff::Timestamp;
use serde_json::json;

/// The facts about a restored database that an admin needs.
#[derive(Debug, Clone)]
pub struct Restore {
    /// The number of open commands.
    pub open_commands: u64,
    /// The servers, whose tokens are those of the backup.
    pub servers: Vec<ServerId>,
    /// The names of the API keys, which are those of the backup.
    pub keys: Vec<String>,
    /// The time of the backup's last event; `None` without events.
    pub known_until: Option<Timestamp>,
}

/// Marks all open commands: they may have been offered to a journal that this database does not know (rule 10). Begins a new
/// epoch.
///
/// # Errors
///
/// The database's.
pub fn restored(tx: &Tx<'_>, by: &Audit) -> Result<Restore, flux_storage::Error> {
    let last = events::last_seq(tx)?;
    let known_until = events::after(tx, last - 1, 1)?.first().map(|event| event.at);
    let mut open = commands::all_open(tx)?;
    for command in &mut open {
        command.state = command.state.clone().after_restore();
    }
    commands::update_all(tx, &open)?;
    let open_commands = open.len() as u64;
    meta::renew_store_epoch(tx)?;
    events::record(tx, by, kind::DATABASE_RESTORED, "database", &json!({"openCommands": open_commands}))?;
    let keys = keys::all(tx)?.into_iter().map(|key| key.name).collect();
    Ok(Restore { open_commands, servers: all_servers(tx)?, keys, known_until })
}

fn all_servers(tx: &Tx<'_>) -> Result<Vec<ServerId>, flux_storage::Error> {
    let mut all: Vec<ServerId> = Vec::new();
    loop {
        let after = all.last().map_or("", ServerId::as_str).to_owned();
        let page = servers::page(tx, &after, PAGE_ITEMS)?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page.into_iter().map(|server| server.id));
    }
}
