//! Servers and the facts about their agents. A removed server stays for the commands that name it, and is not found.

use crate::seats::SeatHolder;
use crate::{Error, Row, Tx, params};
use flux_protocol::{GameState, SecretHash, ServerId};
use flux_shop::{Address, AgentFacts, KnownServers, Label, LastPoll, Server};
use jiff::Timestamp;

const SERVER: &str = "SELECT * FROM servers LEFT JOIN server_agents ON server_agents.server_id = servers.id";
const SEATED: &str =
    "SELECT servers.*, server_agents.*, seats.node_id, seats.connection_id, agent_policies.is_strict FROM servers
  LEFT JOIN server_agents ON server_agents.server_id = servers.id LEFT JOIN seats ON seats.server_id = servers.id
  LEFT JOIN agent_policies ON agent_policies.server_id = servers.id";

/// A server, and the session that has its seat.
#[derive(Debug, Clone)]
pub struct SeatedServer {
    /// The server.
    pub server: Server,
    /// The session's connection; `None` while nobody has the seat.
    pub holder: Option<SeatHolder>,
    /// True if its agent runs only what its policy lists; `None` if the agent has not said.
    pub is_strict: Option<bool>,
}

/// Adds a server.
pub fn insert(tx: &Tx<'_>, server: &Server) -> Result<(), Error> {
    let sql = "INSERT INTO servers (id, name, address, secret_hash, created_at) VALUES ($1, $2, $3, $4, $5)";
    tx.execute(sql, params![server.id, server.name, server.address, server.secret_hash, server.created_at])?;
    Ok(())
}

/// Saves a server's name and address.
pub fn rename(tx: &Tx<'_>, id: &ServerId, name: &Label, address: &Address) -> Result<(), Error> {
    tx.execute("UPDATE servers SET name = $1, address = $2 WHERE id = $3", params![name, address, id])?;
    Ok(())
}

/// Replaces the hash of a server's token.
pub fn replace_secret(tx: &Tx<'_>, id: &ServerId, hash: &SecretHash) -> Result<(), Error> {
    tx.execute("UPDATE servers SET secret_hash = $1 WHERE id = $2", params![hash, id])?;
    Ok(())
}

/// Saves the facts about a server's agent.
pub fn update_agent(tx: &Tx<'_>, id: &ServerId, agent: &AgentFacts) -> Result<(), Error> {
    let sql = "INSERT INTO server_agents (journal_id, hostname, agent_version, game_state, players, last_seen_at,
                 last_poll_at, poll_interval_seconds, server_id)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
               ON CONFLICT (server_id) DO UPDATE SET journal_id = $1, hostname = $2, agent_version = $3, game_state = $4,
                 players = $5, last_seen_at = $6, last_poll_at = $7, poll_interval_seconds = $8";
    tx.execute(
        sql,
        params![
            agent.journal_id,
            agent.hostname,
            agent.version,
            agent.game_state.map(|state| state.to_string()),
            agent.players,
            agent.last_seen_at,
            agent.last_poll.map(|poll| poll.at),
            agent.last_poll.map(|poll| poll.next_within_seconds as i64),
            id,
        ],
    )?;
    Ok(())
}

/// Forgets the last poll of each agent whose next one is overdue by more than this many seconds. Returns their servers.
pub fn forget_late_pollers(tx: &Tx<'_>, grace_seconds: u64) -> Result<Vec<ServerId>, Error> {
    let sql = "UPDATE server_agents SET last_poll_at = NULL, poll_interval_seconds = NULL
               WHERE last_poll_at + 1000 * (poll_interval_seconds + $1) < $2 RETURNING server_id";
    tx.query(sql, params![grace_seconds as i64, tx.now()], |row| row.get("server_id"))
}

/// The server with this id, unless it was removed.
pub fn find(tx: &Tx<'_>, id: &ServerId) -> Result<Option<Server>, Error> {
    tx.one(&format!("{SERVER} WHERE id = $1 AND removed_at IS NULL"), params![id], server)
}

/// The server with this id, also if it was removed.
pub fn find_even_removed(tx: &Tx<'_>, id: &ServerId) -> Result<Option<Server>, Error> {
    tx.one(&format!("{SERVER} WHERE id = $1"), params![id], server)
}

/// Servers after this id, by id.
pub fn page(tx: &Tx<'_>, after: &str, limit: u32) -> Result<Vec<Server>, Error> {
    let sql = format!("{SERVER} WHERE id > $1 AND removed_at IS NULL ORDER BY id LIMIT $2");
    tx.query(&sql, params![after, limit], server)
}

/// The server with this id and the holder of its seat, unless it was removed.
pub fn find_seated(tx: &Tx<'_>, id: &ServerId) -> Result<Option<SeatedServer>, Error> {
    tx.one(&format!("{SEATED} WHERE id = $1 AND removed_at IS NULL"), params![id], seated)
}

/// Servers after this id, by id, each with the holder of its seat.
pub fn page_seated(tx: &Tx<'_>, after: &str, limit: u32) -> Result<Vec<SeatedServer>, Error> {
    let sql = format!("{SEATED} WHERE id > $1 AND removed_at IS NULL ORDER BY id LIMIT $2");
    tx.query(&sql, params![after, limit], seated)
}

/// The servers that may be given commands, in the order in which they were added.
pub fn receiving(tx: &Tx<'_>) -> Result<Vec<ServerId>, Error> {
    let sql = "SELECT id FROM servers WHERE removing_at IS NULL AND removed_at IS NULL ORDER BY created_at, id";
    tx.query(sql, params![], |row| row.get("id"))
}

/// The same with their names.
pub fn known(tx: &Tx<'_>) -> Result<KnownServers, Error> {
    let sql = "SELECT id, name FROM servers WHERE removing_at IS NULL AND removed_at IS NULL ORDER BY created_at, id";
    Ok(KnownServers::new(tx.query(sql, params![], |row| Ok((row.get("id")?, row.get("name")?)))?))
}

/// Gives a server no new commands from now on.
pub fn begin_removal(tx: &Tx<'_>, id: &ServerId, now: Timestamp) -> Result<(), Error> {
    tx.execute("UPDATE servers SET removing_at = coalesce(removing_at, $1) WHERE id = $2", params![now, id])?;
    Ok(())
}

/// Removes a server.
pub fn remove(tx: &Tx<'_>, id: &ServerId, now: Timestamp) -> Result<(), Error> {
    tx.execute("UPDATE servers SET removed_at = coalesce(removed_at, $1) WHERE id = $2", params![now, id])?;
    Ok(())
}

fn server(row: &Row<'_>) -> Result<Server, Error> {
    Ok(Server {
        id: row.get("id")?,
        name: row.get("name")?,
        address: row.get("address")?,
        secret_hash: row.get("secret_hash")?,
        created_at: row.get("created_at")?,
        removing: row.get::<Option<Timestamp>>("removing_at")?.is_some(),
        removed: row.get::<Option<Timestamp>>("removed_at")?.is_some(),
        agent: agent(row)?,
    })
}

fn seated(row: &Row<'_>) -> Result<SeatedServer, Error> {
    let (node, connection) = (row.get::<Option<_>>("node_id")?, row.get::<Option<String>>("connection_id")?);
    let holder = node.zip(connection).map(|(node, connection)| SeatHolder { node, connection });
    Ok(SeatedServer { server: server(row)?, holder, is_strict: row.get("is_strict")? })
}

fn agent(row: &Row<'_>) -> Result<AgentFacts, Error> {
    let game_state = match row.get::<Option<String>>("game_state")?.as_deref() {
        None => None,
        Some("online") => Some(GameState::Online),
        Some("offline") => Some(GameState::Offline),
        Some(_) => Some(GameState::Unknown),
    };
    Ok(AgentFacts {
        journal_id: row.get("journal_id")?,
        hostname: row.get("hostname")?,
        version: row.get("agent_version")?,
        game_state,
        players: row.get("players")?,
        last_seen_at: row.get("last_seen_at")?,
        last_poll: last_poll(row)?,
    })
}

fn last_poll(row: &Row<'_>) -> Result<Option<LastPoll>, Error> {
    let (at, seconds) = (row.get::<Option<Timestamp>>("last_poll_at")?, row.get("poll_interval_seconds")?);
    Ok(at.zip(seconds).map(|(at, next_within_seconds)| LastPoll { at, next_within_seconds }))
}
