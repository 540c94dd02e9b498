//! Servers, and what is known of their agents. A removed one stays for the commands that name it, and is found no more.

use super::row::{get, stored, text, text_or_null, time, time_or_null};
use super::{DbError, Tx};
use flux_protocol::{GameState, JournalId, SecretHash, ServerId};
use flux_shop::{AgentFacts, Server};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

/// Adds a server.
pub fn insert(tx: &Tx<'_>, server: &Server) -> Result<(), DbError> {
    let sql = "INSERT INTO servers (id, name, address, secret_hash, created_at) VALUES (?, ?, ?, ?, ?)";
    tx.prepare_cached(sql)?.execute(params![
        server.id.as_str(),
        server.name.as_str(),
        server.address.as_str(),
        server.secret_hash.as_bytes(),
        stored(server.created_at),
    ])?;
    Ok(())
}

/// Saves name, address and token of a server.
pub fn update(tx: &Tx<'_>, server: &Server) -> Result<(), DbError> {
    let sql = "UPDATE servers SET name = ?, address = ?, secret_hash = ? WHERE id = ?";
    let Server { id, name, address, secret_hash, .. } = server;
    tx.prepare_cached(sql)?.execute(params![name.as_str(), address.as_str(), secret_hash.as_bytes(), id.as_str()])?;
    Ok(())
}

/// Saves what is known of a server's agent.
pub fn update_agent(tx: &Tx<'_>, id: &ServerId, agent: &AgentFacts) -> Result<(), DbError> {
    let sql = "UPDATE servers SET journal_id = ?, hostname = ?, agent_version = ?, game_state = ?, players = ?,
               last_seen_at = ?, last_poll_at = ?, poll_interval_seconds = ? WHERE id = ?";
    tx.prepare_cached(sql)?.execute(params![
        agent.journal_id.as_ref().map(JournalId::as_str),
        agent.hostname,
        agent.version,
        agent.game_state.map(|state| state.to_string()),
        agent.players,
        agent.last_seen_at.map(stored),
        agent.last_poll.map(|(at, _)| stored(at)),
        agent.last_poll.map(|(_, seconds)| seconds as i64),
        id.as_str(),
    ])?;
    Ok(())
}

/// The server with this id, unless it was removed.
pub fn find(tx: &Tx<'_>, id: &ServerId) -> Result<Option<Server>, DbError> {
    let mut statement = tx.prepare_cached("SELECT * FROM servers WHERE id = ? AND removed_at IS NULL")?;
    statement.query_row([id.as_str()], |row| Ok(server(row))).optional()?.transpose()
}

/// Servers after this id, by id.
pub fn page(tx: &Tx<'_>, after: &str, limit: u32) -> Result<Vec<Server>, DbError> {
    let sql = "SELECT * FROM servers WHERE id > ? AND removed_at IS NULL ORDER BY id LIMIT ?";
    tx.prepare_cached(sql)?.query_and_then(params![after, limit], server)?.collect()
}

/// Those that may be given commands, in the order in which they were added.
pub fn receiving(tx: &Tx<'_>) -> Result<Vec<ServerId>, DbError> {
    let sql = "SELECT id FROM servers WHERE removing_at IS NULL AND removed_at IS NULL ORDER BY created_at, id";
    tx.prepare_cached(sql)?.query_and_then([], |row| text(row, "id"))?.collect()
}

/// Gives it no new commands from now on.
pub fn begin_removal(tx: &Tx<'_>, id: &ServerId, now: Timestamp) -> Result<(), DbError> {
    let sql = "UPDATE servers SET removing_at = coalesce(removing_at, ?) WHERE id = ?";
    tx.prepare_cached(sql)?.execute(params![stored(now), id.as_str()])?;
    Ok(())
}

/// Removes it.
pub fn remove(tx: &Tx<'_>, id: &ServerId, now: Timestamp) -> Result<(), DbError> {
    tx.prepare_cached("UPDATE servers SET removed_at = ? WHERE id = ?")?.execute(params![stored(now), id.as_str()])?;
    Ok(())
}

/// The next place in its sequence, which is used up by that.
pub fn next_sequence(tx: &Tx<'_>, id: &ServerId) -> Result<u64, DbError> {
    let sql = "UPDATE servers SET next_sequence = next_sequence + 1 WHERE id = ? RETURNING next_sequence - 1";
    let sequence: i64 = tx.prepare_cached(sql)?.query_row([id.as_str()], |row| row.get(0))?;
    u64::try_from(sequence).map_err(|_| DbError::BadRow("next_sequence"))
}

fn server(row: &Row<'_>) -> Result<Server, DbError> {
    let hash: Vec<u8> = get(row, "secret_hash")?;
    Ok(Server {
        id: text(row, "id")?,
        name: text(row, "name")?,
        address: text(row, "address")?,
        secret_hash: SecretHash::from_bytes(&hash).ok_or(DbError::BadRow("secret_hash"))?,
        created_at: time(row, "created_at")?,
        removing: time_or_null(row, "removing_at")?.is_some(),
        agent: agent(row)?,
    })
}

fn agent(row: &Row<'_>) -> Result<AgentFacts, DbError> {
    let game_state = match get::<Option<String>>(row, "game_state")?.as_deref() {
        None => None,
        Some("online") => Some(GameState::Online),
        Some("offline") => Some(GameState::Offline),
        Some(_) => Some(GameState::Unknown),
    };
    let interval: Option<i64> = get(row, "poll_interval_seconds")?;
    let interval = interval.and_then(|seconds| u64::try_from(seconds).ok());
    Ok(AgentFacts {
        journal_id: text_or_null(row, "journal_id")?,
        hostname: get(row, "hostname")?,
        version: get(row, "agent_version")?,
        game_state,
        players: get(row, "players")?,
        last_seen_at: time_or_null(row, "last_seen_at")?,
        last_poll: time_or_null(row, "last_poll_at")?.zip(interval),
    })
}
