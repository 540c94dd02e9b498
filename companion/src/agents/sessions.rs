//! The registry of this process's sessions: at most one per server. The seats in the database say which of them, or of
//! another process's, is the server's agent.

use crate::services::agents::Credential;
use crate::services::seats::Holders;
use flux_protocol::{JournalId, ServerId};
use flux_signalr::hub::HubConnection;
use flux_storage::NodeId;
use flux_storage::seats::{Seat, SeatHolder};
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
    /// The seat that the session has taken.
    pub seat: Seat,
    /// The connection.
    pub connection: HubConnection,
    /// Notified when there is something to send.
    pub(super) wakeup: Notify,
    /// Becomes true when the session ends.
    pub(super) ended: watch::Sender<bool>,
}

impl Session {
    /// A session that is not registered yet.
    pub fn new(credential: Credential, seat: Seat, connection: HubConnection) -> Arc<Session> {
        Arc::new(Session {
            server_id: seat.server_id.clone(),
            credential,
            journal_id: seat.journal_id.clone(),
            seat,
            connection,
            wakeup: Notify::new(),
            ended: watch::Sender::new(false),
        })
    }
}

/// All sessions. The lock is never held across an await.
#[derive(Debug)]
pub struct Sessions {
    node: NodeId,
    open: Mutex<Open>,
    /// Counts the calls of reports that were stored: a removal waits for them.
    reports: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Open {
    sessions: BTreeMap<ServerId, Arc<Session>>,
    /// The connections that have called `Hello`, by id: each may have its server's seat.
    callers: BTreeMap<String, HubConnection>,
}

impl Sessions {
    /// No sessions, in this process.
    pub fn new(node: NodeId) -> Sessions {
        Sessions { node, open: Mutex::default(), reports: watch::Sender::new(0) }
    }

    /// Adds a connection that calls `Hello`, and returns it as the holder of a seat. Must come before the seat is taken.
    pub(super) fn enter(&self, connection: &HubConnection) -> SeatHolder {
        let holder = self.holder(connection);
        self.open().callers.insert(holder.connection.clone(), connection.clone());
        holder
    }

    /// Removes a connection that has ended. Returns it as the holder of a seat if it may have one.
    pub(super) fn leave(&self, connection: &HubConnection) -> Option<SeatHolder> {
        let holder = self.holder(connection);
        self.open().callers.remove(&holder.connection).map(|_| holder)
    }

    /// Registers a session that has taken its server's seat, and closes the one that had it before. Of two, the later seat
    /// counts, whichever is registered first: `false` if that is the other one, and this session was closed.
    pub(super) fn register(&self, session: &Arc<Session>) -> bool {
        let mut open = self.open();
        let present = open.sessions.get(&session.server_id);
        let is_newer = present.is_none_or(|present| present.seat.epoch < session.seat.epoch);
        let older = if is_newer {
            open.sessions.insert(session.server_id.clone(), Arc::clone(session))
        } else {
            Some(Arc::clone(session))
        };
        if let Some(older) = older {
            end(&older, Some("this agent has a newer session".to_owned()), true);
        }
        is_newer
    }

    /// The session of this server.
    pub fn of(&self, server: &ServerId) -> Option<Arc<Session>> {
        self.open().sessions.get(server).filter(|session| !session.connection.is_closed()).cloned()
    }

    /// The session of this server on this connection.
    pub(super) fn on(&self, server: &ServerId, connection: &HubConnection) -> Option<Arc<Session>> {
        self.open().sessions.get(server).filter(|session| session.connection.id() == connection.id()).cloned()
    }

    /// Removes the session on this connection, if it is still the server's.
    pub(super) fn unregister(&self, server: &ServerId, connection: &HubConnection) -> Option<Arc<Session>> {
        let mut open = self.open();
        let is_it = open.sessions.get(server).is_some_and(|session| session.connection.id() == connection.id());
        let session = is_it.then(|| open.sessions.remove(server)).flatten()?;
        session.ended.send_replace(true);
        Some(session)
    }

    /// Ends a server's session with this error; the agent must not reconnect.
    pub(super) fn disconnect(&self, server: &ServerId, error: String) {
        if let Some(session) = self.open().sessions.remove(server) {
            end(&session, Some(error), false);
        }
    }

    /// The number of sessions.
    pub fn count(&self) -> usize {
        self.open().sessions.len()
    }

    /// Wakes a server's session: there is something to send.
    pub(super) fn wake(&self, server: &ServerId) {
        if let Some(session) = self.open().sessions.get(server) {
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

    fn holder(&self, connection: &HubConnection) -> SeatHolder {
        SeatHolder { node: self.node.clone(), connection: connection.id().to_string() }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Any other process on this file has ended, which the serve lock shows: its sessions are closed.
impl Holders for Sessions {
    fn is_open(&self, holder: &SeatHolder) -> bool {
        holder.node == self.node
            && self.open().callers.get(&holder.connection).is_some_and(|connection| !connection.is_closed())
    }
}

fn end(session: &Session, error: Option<String>, allow_reconnect: bool) {
    session.connection.close(error, allow_reconnect);
    session.ended.send_replace(true);
}
