//! The negotiations and connections of a hub, and the limits on their number.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};

use super::{HubConnection, HubOptions};

/// The waiting negotiations and the open connections.
pub(super) struct Registry<I> {
    state: Mutex<State<I>>,
    connections: watch::Sender<usize>,
    max_connections: usize,
    max_negotiations: usize,
    max_connections_per_identity: usize,
    negotiation_ttl: Duration,
}

struct State<I> {
    /// By the secret key from negotiate.
    negotiated: BTreeMap<String, Negotiated<I>>,
    live: BTreeMap<u64, (I, HubConnection)>,
    last_id: u64,
    is_shut_down: bool,
}

enum Negotiated<I> {
    Waiting { identity: I, until: Instant },
    Attached,
}

/// A socket that cannot be attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AttachError {
    /// The id is unknown, expired, or of another identity.
    UnknownId,
    /// The id already has a socket.
    AlreadyAttached,
    /// Too many connections, or the hub is shutting down.
    Full,
}

impl<I: Clone + PartialEq> Registry<I> {
    pub(super) fn new(options: &HubOptions) -> Self {
        let state = State { negotiated: BTreeMap::new(), live: BTreeMap::new(), last_id: 0, is_shut_down: false };
        Self {
            state: Mutex::new(state),
            connections: watch::Sender::new(0),
            max_connections: options.max_connections,
            max_negotiations: options.max_negotiations,
            max_connections_per_identity: options.max_connections_per_identity,
            negotiation_ttl: options.negotiation_ttl,
        }
    }

    /// Registers a negotiation until its expiry; false if a limit is reached.
    pub(super) fn negotiate(&self, key: String, identity: I) -> bool {
        let mut state = self.lock();
        state.remove_expired();
        let waiting =
            state.negotiated.values().filter(|negotiated| matches!(negotiated, Negotiated::Waiting { .. })).count();
        let is_full = waiting >= self.max_negotiations || state.live.len() >= self.max_connections;
        if state.is_shut_down || is_full || state.connections_of(&identity) >= self.max_connections_per_identity {
            return false;
        }
        let until = Instant::now() + self.negotiation_ttl;
        state.negotiated.insert(key, Negotiated::Waiting { identity, until });
        true
    }

    /// True if a socket with this key could be attached.
    pub(super) fn check(&self, key: Option<&str>, identity: &I) -> Result<(), AttachError> {
        self.lock().check(key, identity, self.max_connections)
    }

    /// Attaches a socket to its negotiation, or registers a new connection if the negotiation was skipped.
    pub(super) fn attach(
        self: &Arc<Self>,
        key: Option<String>,
        identity: &I,
        options: &HubOptions,
    ) -> Result<Registration<I>, AttachError> {
        let mut state = self.lock();
        state.check(key.as_deref(), identity, self.max_connections)?;
        // A negotiation is counted already.
        if key.is_none() && state.connections_of(identity) >= self.max_connections_per_identity {
            return Err(AttachError::Full);
        }
        if let Some(key) = &key {
            state.negotiated.insert(key.clone(), Negotiated::Attached);
        }
        state.last_id += 1;
        let id = state.last_id;
        let (connection, queued) = HubConnection::new(id, options);
        state.live.insert(id, (identity.clone(), connection.clone()));
        self.connections.send_replace(state.live.len());
        drop(state);
        Ok(Registration { registry: Arc::clone(self), key, connection, queued })
    }

    /// Refuses new connections from now on, and returns the open ones.
    pub(super) fn shut_down(&self) -> Vec<HubConnection> {
        let mut state = self.lock();
        state.is_shut_down = true;
        state.negotiated.retain(|_, negotiated| matches!(negotiated, Negotiated::Attached));
        state.live.values().map(|(_, connection)| connection.clone()).collect()
    }

    pub(super) fn connections(&self) -> usize {
        *self.connections.borrow()
    }

    pub(super) async fn wait_until_empty(&self) {
        // The sender is part of self, so it still exists.
        let _ = self.connections.subscribe().wait_for(|&count| count == 0).await;
    }
}

impl<I> Registry<I> {
    fn lock(&self) -> MutexGuard<'_, State<I>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<I: PartialEq> State<I> {
    fn connections_of(&self, identity: &I) -> usize {
        let is_waiting = |negotiated: &&Negotiated<I>| matches!(negotiated, Negotiated::Waiting { identity: owner, .. } if owner == identity);
        let live = self.live.values().filter(|(owner, _)| owner == identity);
        self.negotiated.values().filter(is_waiting).count() + live.count()
    }

    fn remove_expired(&mut self) {
        let now = Instant::now();
        self.negotiated
            .retain(|_, negotiated| !matches!(negotiated, Negotiated::Waiting { until, .. } if *until <= now));
    }

    fn check(&mut self, key: Option<&str>, identity: &I, max_connections: usize) -> Result<(), AttachError> {
        self.remove_expired();
        match key.map(|key| self.negotiated.get(key)) {
            None => {}
            Some(Some(Negotiated::Waiting { identity: expected, .. })) if expected == identity => {}
            Some(Some(Negotiated::Attached)) => return Err(AttachError::AlreadyAttached),
            Some(_) => return Err(AttachError::UnknownId),
        }
        if self.is_shut_down || self.live.len() >= max_connections { Err(AttachError::Full) } else { Ok(()) }
    }
}

/// A connection's entry in the registry. Dropping it removes the entry.
pub(super) struct Registration<I> {
    registry: Arc<Registry<I>>,
    key: Option<String>,
    pub(super) connection: HubConnection,
    pub(super) queued: mpsc::Receiver<String>,
}

impl<I> Drop for Registration<I> {
    fn drop(&mut self) {
        let mut state = self.registry.lock();
        if let Some(key) = &self.key {
            state.negotiated.remove(key);
        }
        state.live.remove(&self.connection.id());
        self.registry.connections.send_replace(state.live.len());
    }
}
