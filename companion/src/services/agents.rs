//! Contacts of agents: the accepted journal of each server, and the time of its agent's last call.

use super::seats::{self, Holders};
use super::{Audit, ServiceError};
use crate::limits;
use flux_protocol::limits::POLL_SECONDS;
use flux_protocol::{AgentHello, GameState, GameStatus, JournalId, SecretHash, ServerId};
use flux_shop::{LastPoll, Server, kind};
use flux_storage::seats::{Seat, SeatHolder};
use flux_storage::servers::SeatedServer;
use flux_storage::{Tx, events, seats as seats_repo, servers};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// The token that an agent showed, with its secret as a hash.
#[derive(Debug, Clone)]
pub struct Credential {
    /// The server that the token names.
    pub server_id: ServerId,
    /// The hash of the secret.
    pub hash: SecretHash,
}

impl Credential {
    /// The server, if the secret is its current one. Compares in constant time.
    ///
    /// # Errors
    /// [`ServiceError::TokenRevoked`], and [`ServiceError::ServerRemoved`] for the last token of a removed server.
    pub fn server(&self, tx: &Tx<'_>) -> Result<Server, ServiceError> {
        let server = self.server_even_removed(tx)?;
        if server.removed { Err(ServiceError::ServerRemoved) } else { Ok(server) }
    }

    /// The server, also if it was removed: its agent may still report, and learns what it must not run.
    ///
    /// # Errors
    /// [`ServiceError::TokenRevoked`].
    pub fn server_even_removed(&self, tx: &Tx<'_>) -> Result<Server, ServiceError> {
        let server = servers::find_even_removed(tx, &self.server_id)?;
        server.filter(|server| server.secret_hash.matches(&self.hash)).ok_or(ServiceError::TokenRevoked)
    }
}

/// A kind of contact with an agent.
#[derive(Debug)]
pub enum Contact<'a> {
    /// The first call of a session.
    Hello(&'a AgentHello),
    /// A poll, and the longest time until the next one in seconds, if the agent has announced it.
    Poll(Option<u64>),
    /// A call that does not announce the next one: a poll beside an open session, or a player who joined.
    Other,
}

/// Records a contact and accepts the agent's journal: from now on only its reports are taken. `seat` is the server's, if the
/// session that has it is open.
///
/// # Errors
/// [`ServiceError::AlreadyConnected`] while another journal has a session or polls.
pub fn record_contact(
    tx: &Tx<'_>,
    by: &Audit,
    credential: &Credential,
    journal: &JournalId,
    contact: &Contact<'_>,
    seat: Option<&Seat>,
) -> Result<Server, ServiceError> {
    let mut server = match contact {
        Contact::Poll(_) => credential.server_even_removed(tx)?,
        Contact::Hello(_) | Contact::Other => credential.server(tx)?,
    };
    let other_session = seat.and_then(|seat| seats::other_host(seat, journal));
    if let Some(hostname) = other_session.or_else(|| other_poller(&server, journal, tx.now())) {
        return Err(ServiceError::AlreadyConnected { hostname });
    }
    let previous = server.agent.journal_id.replace(journal.clone());
    if previous.as_ref() != Some(journal) {
        server.agent.last_poll = None;
        if previous.is_some() {
            // Without the journals' ids: storefronts read events, and a token with the journal's id takes the seat.
            events::record(tx, by, kind::JOURNAL_CHANGED, server.id.as_str(), &json!({}))?;
        }
    }
    server.agent.last_seen_at = Some(tx.now());
    match contact {
        Contact::Hello(hello) => {
            server.agent.hostname = hello.hostname.as_deref().map(fit_to_limit);
            server.agent.version = Some(fit_to_limit(&hello.agent_version));
            server.agent.game_state = Some(hello.game_state);
            server.agent.players = server.agent.players.filter(|_| hello.game_state == GameState::Online);
            server.agent.last_poll = None;
            record_connected(tx, by, &server)?;
        }
        Contact::Poll(_) if server.removed => {}
        Contact::Poll(announced) => {
            if !is_polling(&server, tx.now()) {
                record_connected(tx, by, &server)?;
            }
            let next_within_seconds = next_poll_seconds(&server, *announced, tx.now());
            server.agent.last_poll = Some(LastPoll { at: tx.now(), next_within_seconds });
        }
        Contact::Other => {}
    }
    servers::update_agent(tx, &server.id, &server.agent)?;
    Ok(server)
}

fn record_connected(tx: &Tx<'_>, by: &Audit, server: &Server) -> Result<(), ServiceError> {
    let data = json!({"agentVersion": server.agent.version, "hostname": server.agent.hostname});
    Ok(events::record(tx, by, kind::AGENT_CONNECTED, server.id.as_str(), &data)?)
}

/// The beginning of a text that an agent sent about itself, without control characters.
fn fit_to_limit(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(flux_shop::limits::LABEL_CHARS).collect()
}

/// True if this server's agent polls: its next poll is not overdue. A poll far in the future does not count: the clock was
/// wrong then.
pub fn is_polling(server: &Server, now: Timestamp) -> bool {
    server.agent.last_poll.is_some_and(|last| {
        let longest = last.next_within_seconds + limits::POLL_GRACE_SECONDS;
        now.duration_since(last.at).abs() <= SignedDuration::from_secs(longest as i64)
    })
}

/// True if this server's agent has a session or polls. The rows decide; `holders` knows which sessions have ended without
/// having given up their seat.
pub fn is_online(seated: &SeatedServer, holders: &dyn Holders, now: Timestamp) -> bool {
    has_session(seated, holders) || is_polling(&seated.server, now)
}

/// True if this server's seat has a holder whose session is open.
pub fn has_session(seated: &SeatedServer, holders: &dyn Holders) -> bool {
    seated.holder.as_ref().is_some_and(|holder| holders.is_open(holder))
}

fn other_poller(server: &Server, journal: &JournalId, now: Timestamp) -> Option<String> {
    let is_other = server.agent.journal_id.as_ref().is_some_and(|known| known != journal);
    let hostname = server.agent.hostname.clone().unwrap_or_else(|| "another machine".to_owned());
    (is_other && is_polling(server, now)).then_some(hostname)
}

/// The longest time until the next poll. An agent that does not announce it doubles its wait while it gets nothing, starting
/// from the one that the store sets, and varies it by 10 % in both directions: 2 / 0.9 * 1.1 is below 5 / 2.
fn next_poll_seconds(server: &Server, announced: Option<u64>, now: Timestamp) -> u64 {
    let estimated = match server.agent.last_poll {
        Some(last) if is_polling(server, now) => now.duration_since(last.at).as_secs().unsigned_abs() * 5 / 2,
        _ => limits::NEXT_POLL_SECONDS,
    };
    let longest = *POLL_SECONDS.end() * 11 / 10;
    announced.unwrap_or(estimated).clamp(limits::NEXT_POLL_SECONDS, longest)
}

/// Records that agents have stopped polling.
pub fn notice_late_pollers(tx: &Tx<'_>, by: &Audit) -> Result<Vec<ServerId>, ServiceError> {
    let late = servers::forget_late_pollers(tx, limits::POLL_GRACE_SECONDS)?;
    for server in &late {
        events::record(tx, by, kind::AGENT_DISCONNECTED, server.as_str(), &json!({}))?;
    }
    Ok(late)
}

/// Gives the server's seat to the session that `hello` begins, after [`record_contact`] has accepted it.
pub fn take_seat(
    tx: &Tx<'_>,
    server: &ServerId,
    hello: &AgentHello,
    holder: &SeatHolder,
) -> Result<Seat, ServiceError> {
    let hostname = hello.hostname.as_deref().map(fit_to_limit);
    Ok(seats_repo::take(tx, server, holder, &hello.journal_id, hostname.as_deref())?)
}

/// Checks that reports come from the accepted journal and, in a session, from the one that has the seat; records the contact.
///
/// # Errors
/// [`ServiceError::StaleJournal`] for any other journal, and [`ServiceError::SeatLost`].
pub fn accept_reports(
    tx: &Tx<'_>,
    credential: &Credential,
    journal: &JournalId,
    seat: Option<&Seat>,
) -> Result<Server, ServiceError> {
    let mut server = credential.server_even_removed(tx)?;
    seats::require(tx, seat)?;
    if server.agent.journal_id.as_ref().is_some_and(|known| known != journal) {
        return Err(ServiceError::StaleJournal);
    }
    server.agent.journal_id = Some(journal.clone());
    server.agent.last_seen_at = Some(tx.now());
    servers::update_agent(tx, &server.id, &server.agent)?;
    Ok(server)
}

/// Stores the state of the game that an agent reports in its session.
pub fn record_game_status(
    tx: &Tx<'_>,
    credential: &Credential,
    seat: &Seat,
    status: &GameStatus,
) -> Result<(), ServiceError> {
    let mut server = credential.server(tx)?;
    seats::require(tx, Some(seat))?;
    server.agent.game_state = Some(status.state);
    server.agent.players = Some(status.players).filter(|_| status.state == GameState::Online);
    server.agent.last_seen_at = Some(tx.now());
    Ok(servers::update_agent(tx, &server.id, &server.agent)?)
}

/// Gives up the seat of a session that has ended and records that its agent is offline. Does nothing if the session has lost
/// the seat, or never had it.
pub fn end_session(tx: &Tx<'_>, by: &Audit, id: &ServerId, holder: &SeatHolder) -> Result<(), ServiceError> {
    if !seats_repo::give_up(tx, id, holder)? {
        return Ok(());
    }
    let Some(mut server) = servers::find(tx, id)? else { return Ok(()) };
    server.agent.last_seen_at = Some(tx.now());
    servers::update_agent(tx, id, &server.agent)?;
    Ok(events::record(tx, by, kind::AGENT_DISCONNECTED, id.as_str(), &json!({}))?)
}
