//! Servers: adding, renaming, replacing tokens, removing.

use super::agents::is_polling;
use super::moves::{self, Moves};
use super::{Audit, ServiceError, commands, packages, reversals};
use flux_protocol::{SecretHash, ServerId, ServerToken};
use flux_referrals::OrderHooks;
use flux_referrals::service::rules_of_server;
use flux_referrals::storage::held_commands as reward_lines;
use flux_shop::{Address, AgentFacts, Label, PackageId, SERVER_REMOVED, Server, kind};
use flux_storage::{Tx, commands as commands_repo, events, seats, servers};
use serde_json::json;

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
        removed: false,
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
    begin(tx, by, hooks, server)
}

/// Begins the removal of a server, or, if it was removed before, the closing of its commands that are still open.
///
/// # Errors
/// [`ServiceError::NotFound`] without the server, or if it was removed and none of its commands is open.
pub fn begin_forced_removal(
    tx: &Tx<'_>,
    by: &Audit,
    hooks: &dyn OrderHooks,
    id: &ServerId,
) -> Result<Server, ServiceError> {
    let server = find_with_open_commands(tx, id)?;
    begin(tx, by, hooks, server)
}

fn begin(tx: &Tx<'_>, by: &Audit, hooks: &dyn OrderHooks, server: Server) -> Result<Server, ServiceError> {
    let id = &server.id;
    if !server.removing {
        servers::begin_removal(tx, id, tx.now())?;
        events::record(tx, by, kind::SERVER_REMOVING, id.as_str(), &json!({}))?;
    }
    reward_lines::cancel_of_server(tx, id)?;
    let (receiving, mut moving) = (servers::receiving(tx)?, Moves::default());
    for command in commands_repo::open_of_server(tx, id)? {
        let is_cancelled = command.state.cancel_requested && command.moves_to.is_none();
        match moves::other_place(&command, &receiving).filter(|_| !is_cancelled) {
            Some(other) => moving.add(tx, command, &other, SERVER_REMOVED),
            None => {
                let cancelled = commands::request_cancel(tx, by, command, Some(SERVER_REMOVED))?;
                reversals::after_closing(tx, by, hooks, cancelled)?;
            }
        }
    }
    moving.write(tx, by)?;
    Ok(server)
}

/// Refuses the removal by the command line, which cannot wait for the agent's answers, of a server with a connected agent.
///
/// # Errors
/// [`ServiceError::Conflict`] while a session has the server's seat, or its agent polls.
pub fn refuse_while_connected(tx: &Tx<'_>, server: &Server) -> Result<(), ServiceError> {
    if server.removed || (seats::find(tx, &server.id)?.is_none() && !is_polling(server, tx.now())) {
        return Ok(());
    }
    let message = format!(
        "the agent of {} is connected: use DELETE /api/v1/servers/{}, which waits for its answers, or stop it; \
         with --force its open commands are closed without its word, and may have run",
        server.name.as_str(),
        server.id
    );
    Err(ServiceError::conflict("agent_connected", message))
}

/// The treatment of commands without the agent's answer at a removal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unanswered {
    /// They stay open, with the cancel requested.
    StayOpen,
    /// They are closed as cancelled. They may have run.
    Cancelled,
}

/// The result of a removal.
#[derive(Debug)]
pub struct Removed {
    /// The number of commands without the agent's answer.
    pub unanswered: u64,
    /// The packages that name the server.
    pub packages: Vec<PackageId>,
    /// The referral rules that name it, by name.
    pub rules: Vec<String>,
}

/// The packages and rules that are for all servers: a new one gets their commands without being named.
#[derive(Debug, Clone)]
pub struct Receives {
    /// Packages with a command for all servers.
    pub packages: Vec<PackageId>,
    /// Referral rules with a command for all servers, by name.
    pub rules: Vec<String>,
}

/// The packages and rules whose commands are for all servers.
pub fn receives(tx: &Tx<'_>, id: &ServerId) -> Result<Receives, ServiceError> {
    Ok(Receives { packages: packages::for_all_servers(tx)?, rules: rules_of_server(tx, id)?.all })
}

/// The last step of a removal.
pub fn finish_removal(
    tx: &Tx<'_>,
    by: &Audit,
    hooks: &dyn OrderHooks,
    id: &ServerId,
    unanswered: Unanswered,
) -> Result<Removed, ServiceError> {
    let server = find_with_open_commands(tx, id)?;
    if server.removed && unanswered == Unanswered::StayOpen {
        return Err(ServiceError::NotFound("server"));
    }
    let open = commands_repo::open_of_server(tx, id)?;
    let count = open.len() as u64;
    for command in open.into_iter().filter(|_| unanswered == Unanswered::Cancelled) {
        reversals::after_closing(tx, by, hooks, commands::give_up(tx, by, command)?)?;
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
    Ok(Removed { unanswered: count, packages: packages::naming(tx, id)?, rules: rules_of_server(tx, id)?.named })
}

/// The server, also if it was removed and commands of it are open.
fn find_with_open_commands(tx: &Tx<'_>, id: &ServerId) -> Result<Server, ServiceError> {
    let server = servers::find_even_removed(tx, id)?.ok_or(ServiceError::NotFound("server"))?;
    if server.removed && commands_repo::open_count(tx, id)? == 0 {
        return Err(ServiceError::NotFound("server"));
    }
    Ok(server)
}

fn find(tx: &Tx<'_>, id: &ServerId) -> Result<Server, ServiceError> {
    servers::find(tx, id)?.ok_or(ServiceError::NotFound("server"))
}
