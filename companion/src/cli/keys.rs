//! The `key` commands.

use super::{CliError, KeyCommand, print, print_json, with_database};
use crate::config::Config;
use crate::secrets::KeySecret;
use crate::services::ServiceError;
use flux_platform::SystemEntropy;
use flux_shop::{Label, Role, kind};
use flux_storage::{events, keys};
use flux_terminal::{LocalTime, note, table, terminal_width};
use serde_json::json;

pub(super) fn run(config: &Config, command: KeyCommand) -> Result<(), CliError> {
    match command {
        KeyCommand::Add { name, role } => add(config, name, role.into()),
        KeyCommand::List { json } => list(config, json),
        KeyCommand::Revoke { name } => revoke(config, name),
    }
}

/// Adds a key and prints it, once, alone.
pub(super) fn add(config: &Config, name: Label, role: Role) -> Result<(), CliError> {
    let key = KeySecret::draw(&SystemEntropy);
    let hash = key.hash();
    let is_new = with_database(config, async move |db, by| {
        let write = db.write(move |tx| {
            let is_new = keys::insert(tx, &name, &hash, role, tx.now())?;
            if is_new {
                events::record(tx, &by, kind::KEY_ADDED, name.as_str(), &json!({"role": role.as_str()}))?;
            }
            Ok::<_, flux_storage::Error>(is_new)
        });
        Ok(write.await?)
    })?;
    if is_new { print(key.expose()) } else { Err(CliError::KeyExists) }
}

fn list(config: &Config, json: bool) -> Result<(), CliError> {
    let all = with_database(config, async |db, _| Ok(db.read(keys::all).await?))?;
    if json {
        let row = |key: &keys::KeyRow| json!({"name": key.name.as_str(), "role": key.role.as_str(), "createdAt": key.created_at});
        return print_json(&all.iter().map(row).collect::<Vec<_>>());
    }
    if all.is_empty() {
        return print("no keys");
    }
    let local = LocalTime::of_this_machine();
    let row = |key: &keys::KeyRow| [key.role.as_str().to_owned(), local.seconds(key.created_at), key.name.to_string()];
    let rows: Vec<_> = all.iter().map(row).collect();
    print(&table(["ROLE", "CREATED", "NAME"], &rows, terminal_width()))
}

fn revoke(config: &Config, name: Label) -> Result<(), CliError> {
    let revoked = name.clone();
    let admins = with_database(config, async move |db, by| {
        let write = db.write(move |tx| {
            if !keys::delete(tx, &name)? {
                return Err(ServiceError::NotFound("key"));
            }
            events::record(tx, &by, kind::KEY_REVOKED, name.as_str(), &json!({}))?;
            Ok(keys::all(tx)?.iter().filter(|key| key.role == Role::Admin).count())
        });
        Ok(write.await?)
    })?;
    if admins == 0 {
        note(&"this was the last admin key: make another with flux-companion key add NAME --role admin");
    }
    print(&format!("revoked {revoked}"))
}
