//! Servers: adding, renaming, replacing tokens, removing.

use super::{Audit, ServiceError, commands, reversals};
use flux_delivery::command::CommandStatus;
use flux_protocol::{SecretHash, ServerId, ServerToken};
use flux_referrals::OrderHooks;
use flux_referrals::storage::held_commands as reward_lines;
use flux_shop::{Address, AgentFacts, Label, Server, kind};
use flux_storage::{Tx, commands as commands_repo, events, seats, servers};
use serde_json::json;

/// The reason shown with the commands of a removed server.
const REMOVED: &str = "server_removed";

/// Adds a server with this token.
pub fn add(
    tx: &Tx<'_>,
    by: &Audit,
    token: &ServerToken,
    name: Label,
    address: Address,
) -> Result<Server, ServiceError> {
    let server = Server {
        id: token.server_id().clone(),
        name,
        address,
        secret_hash: token.hash(),
        created_at: tx.now(),
        removing: false,
        agent: AgentFacts::default(),
    };
    servers::insert(tx, &server)?;
    events::record(
        tx,
        by,
        kind::SERVER_ADDED,
        server.id.as_str(),
        &json!({"name": server.name.as_str(), "address": server.address.as_str()}),
    )?;
    Ok(server)
}

/// Changes the name and the address, if given.
pub fn change(
    tx: &Tx<'_>,
    by: &Audit,
    id: &ServerId,
    name: Option<Label>,
    address: Option<Address>,
) -> Result<Server, ServiceError> {
    let mut server = find(tx, id)?;
    server.name = name.unwrap_or(server.name);
    server.address = address.unwrap_or(server.address);
    servers::rename(tx, id, &server.name, &server.address)?;
    events::record(
        tx,
        by,
        kind::SERVER_CHANGED,
        id.as_str(),
        &json!({"name": server.name.as_str(), "address": server.address.as_str()}),
    )?;
    Ok(server)
}

/// Replaces the token. The old one is invalid from this transaction on, and its session loses the seat.
pub fn replace_token(tx: &Tx<'_>, by: &Audit, id: &ServerId, hash: SecretHash) -> Result<Server, ServiceError> {
    let server = Server { secret_hash: hash, ..find(tx, id)? };
    servers::replace_secret(tx, id, &server.secret_hash)?;
    seats::clear(tx, id)?;
    events::record(tx, by, kind::SERVER_TOKEN_REPLACED, id.as_str(), &json!({}))?;
    Ok(server)
}

/// The first step of a removal: the server gets no new commands, and cancels are requested for open ones.
pub fn begin_removal(tx: &Tx<'_>, by: &Audit, hooks: &dyn OrderHooks, id: &ServerId) -> Result<Server, ServiceError> {
    let server = find(tx, id)?;
    if !server.removing {
        servers::begin_removal(tx, id, tx.now())?;
        events::record(tx, by, kind::SERVER_REMOVING, id.as_str(), &json!({}))?;
    }
    reward_lines::cancel_of_server(tx, id)?;
    for command in commands_repo::open_of_server(tx, id)? {
        reversals::after_closing(tx, by, hooks, commands::request_cancel(tx, by, command, Some(REMOVED))?)?;
    }
    Ok(server)
}

/// The treatment of commands without the agent's answer at a removal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unanswered {
    /// They stay open, with the cancel requested.
    StayOpen,
    /// They are closed as cancelled. They may have run.
    Cancelled,
}

/// The last step of a removal. Returns the number of commands without the agent's answer.
pub fn finish_removal(
    tx: &Tx<'_>,
    by: &Audit,
    hooks: &dyn OrderHooks,
    id: &ServerId,
    unanswered: Unanswered,
) -> Result<u64, ServiceError> {
    find(tx, id)?;
    let open = commands_repo::open_of_server(tx, id)?;
    let count = open.len() as u64;
    for mut command in open.into_iter().filter(|_| unanswered == Unanswered::Cancelled) {
        command.reason = Some(REMOVED.to_owned());
        let mut after = command.state.clone();
        after.status = CommandStatus::Cancelled;
        after.cancel_requested = false;
        after.next_attempt_at = None;
        reversals::after_closing(tx, by, hooks, commands::save(tx, by, command, after)?)?;
    }
    servers::remove(tx, id, tx.now())?;
    seats::clear(tx, id)?;
    events::record(
        tx,
        by,
        kind::SERVER_REMOVED,
        id.as_str(),
        &json!({"unanswered": count, "forced": unanswered == Unanswered::Cancelled}),
    )?;
    Ok(count)
}

fn find(tx: &Tx<'_>, id: &ServerId) -> Result<Server, ServiceError> {
    servers::find(tx, id)?.ok_or(ServiceError::NotFound("server"))
}
