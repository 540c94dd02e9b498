//! Agents as the store hears them: whose turn it is, and which journal's reports are taken.

use super::{Audit, ServiceError};
use crate::limits;
use flux_protocol::limits::POLL_SECONDS;
use flux_protocol::{AgentHello, GameState, GameStatus, JournalId, SecretHash, ServerId};
use flux_shop::{Server, kind};
use flux_storage::{Tx, events, servers};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// What an agent shows to be let in.
#[derive(Debug, Clone)]
pub struct Credential {
    /// The server that it claims.
    pub server_id: ServerId,
    /// Of the secret that it showed.
    pub hash: SecretHash,
}

impl Credential {
    /// The server, if the secret is its present one; compared in constant time.
    pub fn server(&self, tx: &Tx<'_>) -> Result<Server, ServiceError> {
        let server = servers::find(tx, &self.server_id)?;
        server.filter(|server| server.secret_hash.matches(&self.hash)).ok_or(ServiceError::TokenRevoked)
    }
}

/// How the store hears of a journal.
#[derive(Debug)]
pub enum Heard<'a> {
    /// A session's first call.
    Hello(&'a AgentHello),
    /// A poll.
    Poll,
    /// A call that says nothing of when the next one comes: a poll beside an open session, or a player who joined.
    Aside,
}

/// Lets a journal in, or says who is in its way. `other_session` is the machine of another journal's open session. From
/// here on only this journal's reports are taken.
pub fn hear(
    tx: &Tx<'_>,
    by: &Audit,
    credential: &Credential,
    journal: &JournalId,
    heard: &Heard<'_>,
    other_session: Option<String>,
) -> Result<Server, ServiceError> {
    let mut server = credential.server(tx)?;
    if let Some(hostname) = other_session.or_else(|| other_poller(&server, journal, by.now)) {
        return Err(ServiceError::AlreadyConnected { hostname });
    }
    let previous = server.agent.journal_id.replace(journal.clone());
    if previous.as_ref() != Some(journal) {
        server.agent.last_poll = None;
        if let Some(previous) = previous {
            let data = json!({"previous": previous, "now": journal});
            events::record(tx, by, kind::JOURNAL_CHANGED, server.id.as_str(), &data)?;
        }
    }
    server.agent.last_seen_at = Some(by.now);
    match heard {
        Heard::Hello(hello) => {
            server.agent.hostname = hello.hostname.as_deref().map(cut);
            server.agent.version = Some(cut(&hello.agent_version));
            server.agent.game_state = Some(hello.game_state);
            server.agent.players = server.agent.players.filter(|_| hello.game_state == GameState::Online);
            let data = json!({"agentVersion": server.agent.version, "hostname": server.agent.hostname});
            events::record(tx, by, kind::AGENT_CONNECTED, server.id.as_str(), &data)?;
        }
        Heard::Poll => server.agent.last_poll = Some((by.now, interval_seconds(&server, by.now))),
        Heard::Aside => {}
    }
    servers::update_agent(tx, &server.id, &server.agent)?;
    Ok(server)
}

/// What an agent says of itself, as far as anybody reads it.
fn cut(text: &str) -> String {
    text.chars().take(flux_shop::limits::LABEL_CHARS).collect()
}

/// Whether this server's agent has polled within twice its interval. A poll of the far future was heard while the clock was wrong.
pub fn is_polling(server: &Server, now: Timestamp) -> bool {
    let is_near =
        |at: Timestamp, seconds: u64| now.duration_since(at).abs() <= SignedDuration::from_secs(2 * seconds as i64);
    server.agent.last_poll.is_some_and(|(at, seconds)| is_near(at, seconds))
}

fn other_poller(server: &Server, journal: &JournalId, now: Timestamp) -> Option<String> {
    let is_other = server.agent.journal_id.as_ref().is_some_and(|known| known != journal);
    let hostname = server.agent.hostname.clone().unwrap_or_else(|| "another machine".to_owned());
    (is_other && is_polling(server, now)).then_some(hostname)
}

/// The wait that the agent kept since its last poll: it doubles while nothing comes, from what the store asks for.
fn interval_seconds(server: &Server, now: Timestamp) -> u64 {
    match server.agent.last_poll {
        Some((at, _)) if is_polling(server, now) => {
            let waited = now.duration_since(at).as_secs().unsigned_abs();
            waited.clamp(*POLL_SECONDS.start(), *POLL_SECONDS.end())
        }
        _ => limits::NEXT_POLL_SECONDS,
    }
}

/// Lets a call of reports through only from the journal that was heard last.
pub fn reporting(
    tx: &Tx<'_>,
    by: &Audit,
    credential: &Credential,
    journal: &JournalId,
) -> Result<Server, ServiceError> {
    let mut server = credential.server(tx)?;
    if server.agent.journal_id.as_ref().is_some_and(|known| known != journal) {
        return Err(ServiceError::StaleJournal);
    }
    server.agent.journal_id = Some(journal.clone());
    server.agent.last_seen_at = Some(by.now);
    servers::update_agent(tx, &server.id, &server.agent)?;
    Ok(server)
}

/// Keeps what an agent says of its game.
pub fn game_status(tx: &Tx<'_>, by: &Audit, credential: &Credential, status: &GameStatus) -> Result<(), ServiceError> {
    let mut server = credential.server(tx)?;
    server.agent.game_state = Some(status.state);
    server.agent.players = Some(status.players).filter(|_| status.state == GameState::Online);
    server.agent.last_seen_at = Some(by.now);
    Ok(servers::update_agent(tx, &server.id, &server.agent)?)
}

/// The session of this server's agent has ended.
pub fn gone(tx: &Tx<'_>, by: &Audit, id: &ServerId) -> Result<(), ServiceError> {
    let Some(mut server) = servers::find(tx, id)? else { return Ok(()) };
    server.agent.last_seen_at = Some(by.now);
    servers::update_agent(tx, id, &server.agent)?;
    Ok(events::record(tx, by, kind::AGENT_DISCONNECTED, id.as_str(), &json!({}))?)
}
