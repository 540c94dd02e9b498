//! Who is connected: at most one session per server.

use crate::services::agents::Credential;
use flux_protocol::{AgentHello, JournalId, ServerId};
use flux_signalr::hub::HubConnection;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, watch};

/// An agent's session, from its `Hello` on.
#[derive(Debug)]
pub struct Session {
    /// Whose.
    pub server_id: ServerId,
    /// What it was let in with.
    pub credential: Credential,
    /// The journal behind it.
    pub journal_id: JournalId,
    /// The machine's name, for the message that a second agent gets.
    pub hostname: Option<String>,
    /// The connection.
    pub connection: HubConnection,
    /// There is something new to offer.
    pub(super) news: Notify,
    /// The session has ended.
    pub(super) ended: watch::Sender<bool>,
}

impl Session {
    /// A session that nobody knows of yet.
    pub fn new(credential: Credential, hello: &AgentHello, connection: HubConnection) -> Arc<Session> {
        Arc::new(Session {
            server_id: credential.server_id.clone(),
            credential,
            journal_id: hello.journal_id.clone(),
            hostname: hello.hostname.clone(),
            connection,
            news: Notify::new(),
            ended: watch::Sender::new(false),
        })
    }
}

/// All sessions. The lock is held for a look or a change, never across a wait.
#[derive(Debug, Default)]
pub struct Sessions {
    open: Mutex<BTreeMap<ServerId, Arc<Session>>>,
    /// Rises with every report that was stored, for a removal that waits for an agent's words.
    words: watch::Sender<u64>,
}

impl Sessions {
    /// Seats a session. An older one of the same journal is closed: a half-open connection. Another journal's live one
    /// stays, and its machine's name is the error.
    pub fn enter(&self, session: &Arc<Session>) -> Result<(), String> {
        let mut open = self.open();
        if let Some(hostname) = other(&open, &session.server_id, &session.journal_id) {
            return Err(hostname);
        }
        if let Some(older) = open.insert(session.server_id.clone(), Arc::clone(session)) {
            end(&older, Some("this agent has a newer session".to_owned()), true);
        }
        Ok(())
    }

    /// The machine of another journal's open session.
    pub fn other_than(&self, server: &ServerId, journal: &JournalId) -> Option<String> {
        other(&self.open(), server, journal)
    }

    /// The session of this server.
    pub fn of(&self, server: &ServerId) -> Option<Arc<Session>> {
        self.open().get(server).filter(|session| !session.connection.is_closed()).cloned()
    }

    /// The session of this server on this connection.
    pub(super) fn on(&self, server: &ServerId, connection: &HubConnection) -> Option<Arc<Session>> {
        self.open().get(server).filter(|session| session.connection.id() == connection.id()).cloned()
    }

    /// Takes away the session on this connection, if it is still the server's.
    pub(super) fn leave(&self, server: &ServerId, connection: &HubConnection) -> Option<Arc<Session>> {
        let mut open = self.open();
        let is_it = open.get(server).is_some_and(|session| session.connection.id() == connection.id());
        let session = is_it.then(|| open.remove(server)).flatten()?;
        session.ended.send_replace(true);
        Some(session)
    }

    /// Ends a server's session for good, with these words.
    pub fn throw_out(&self, server: &ServerId, error: String) {
        if let Some(session) = self.open().remove(server) {
            end(&session, Some(error), false);
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.open().len()
    }

    /// Tells a server's session that there is something to offer.
    pub fn wake(&self, server: &ServerId) {
        if let Some(session) = self.open().get(server) {
            session.news.notify_one();
        }
    }

    /// Reports were stored.
    pub fn word_came(&self) {
        self.words.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Changes whenever reports were stored.
    pub fn words(&self) -> watch::Receiver<u64> {
        self.words.subscribe()
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<ServerId, Arc<Session>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn other(open: &BTreeMap<ServerId, Arc<Session>>, server: &ServerId, journal: &JournalId) -> Option<String> {
    let session = open.get(server)?;
    let is_other = session.journal_id != *journal && !session.connection.is_closed();
    is_other.then(|| session.hostname.clone().unwrap_or_else(|| "another machine".to_owned()))
}

fn end(session: &Session, error: Option<String>, allow_reconnect: bool) {
    session.connection.close(error, allow_reconnect);
    session.ended.send_replace(true);
}
