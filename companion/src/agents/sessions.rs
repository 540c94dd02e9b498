//! The registry of sessions: at most one per server.

use crate::services::agents::Credential;
use flux_protocol::{AgentHello, JournalId, ServerId};
use flux_signalr::hub::HubConnection;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, watch};

/// An agent's session, from its `Hello` on.
#[derive(Debug)]
pub struct Session {
    /// The server.
    pub server_id: ServerId,
    /// The token that the agent showed.
    pub credential: Credential,
    /// The agent's journal.
    pub journal_id: JournalId,
    /// The machine's name, for the message that a second agent gets.
    pub hostname: Option<String>,
    /// The connection.
    pub connection: HubConnection,
    /// Notified when there is something to send.
    pub(super) wakeup: Notify,
    /// Becomes true when the session ends.
    pub(super) ended: watch::Sender<bool>,
}

impl Session {
    /// A session that is not registered yet.
    pub fn new(credential: Credential, hello: &AgentHello, connection: HubConnection) -> Arc<Session> {
        Arc::new(Session {
            server_id: credential.server_id.clone(),
            credential,
            journal_id: hello.journal_id.clone(),
            hostname: hello.hostname.clone(),
            connection,
            wakeup: Notify::new(),
            ended: watch::Sender::new(false),
        })
    }
}

/// All sessions. The lock is never held across an await.
#[derive(Debug, Default)]
pub struct Sessions {
    open: Mutex<BTreeMap<ServerId, Arc<Session>>>,
    /// Counts the calls of reports that were stored: a removal waits for them.
    reports: watch::Sender<u64>,
}

impl Sessions {
    /// Registers a session, and closes an older one of the same journal (a half-open connection).
    ///
    /// # Errors
    /// The hostname of another journal's live session, which stays.
    pub fn register(&self, session: &Arc<Session>) -> Result<(), String> {
        let mut open = self.open();
        if let Some(hostname) = other(&open, &session.server_id, &session.journal_id) {
            return Err(hostname);
        }
        if let Some(older) = open.insert(session.server_id.clone(), Arc::clone(session)) {
            end(&older, Some("this agent has a newer session".to_owned()), true);
        }
        Ok(())
    }

    /// The hostname of another journal's open session.
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

    /// Removes the session on this connection, if it is still the server's.
    pub(super) fn unregister(&self, server: &ServerId, connection: &HubConnection) -> Option<Arc<Session>> {
        let mut open = self.open();
        let is_it = open.get(server).is_some_and(|session| session.connection.id() == connection.id());
        let session = is_it.then(|| open.remove(server)).flatten()?;
        session.ended.send_replace(true);
        Some(session)
    }

    /// Ends a server's session with this error; the agent must not reconnect.
    pub fn disconnect(&self, server: &ServerId, error: String) {
        if let Some(session) = self.open().remove(server) {
            end(&session, Some(error), false);
        }
    }

    /// The number of sessions.
    pub fn count(&self) -> usize {
        self.open().len()
    }

    /// Wakes a server's session: there is something to send.
    pub fn wake(&self, server: &ServerId) {
        if let Some(session) = self.open().get(server) {
            session.wakeup.notify_one();
        }
    }

    /// Wakes everyone who waits for reports.
    pub fn notify_reports(&self) {
        self.reports.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Changes with every call of reports that was stored.
    pub fn reports(&self) -> watch::Receiver<u64> {
        self.reports.subscribe()
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
