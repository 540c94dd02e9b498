//! The connections of a hub, the tokens that were used, and the limits on their number.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};

use super::{ConnectionId, HubConnection, HubOptions};

/// Used tokens of one identity that are remembered, for each connection that it may have.
const USED_TOKENS_PER_CONNECTION: usize = 4;

/// The open connections, and the tokens that opened one.
pub(super) struct Registry<I> {
    state: Mutex<State<I>>,
    connections: watch::Sender<usize>,
    max_connections: usize,
    max_connections_per_identity: usize,
    remember_used: Duration,
}

struct State<I> {
    live: BTreeMap<ConnectionId, (I, HubConnection)>,
    /// The tokens that were used, by the ids in them, until no hub accepts them any more.
    used: BTreeMap<ConnectionId, (I, Instant)>,
    is_shut_down: bool,
}

/// The permission to open a socket.
#[derive(Clone, Copy)]
pub(super) enum Ticket {
    /// A token with a good signature.
    Negotiated { id: ConnectionId, is_current: bool },
    /// No token: the client has skipped the negotiation.
    Skipped(ConnectionId),
}

impl Ticket {
    fn id(self) -> ConnectionId {
        match self {
            Self::Negotiated { id, .. } | Self::Skipped(id) => id,
        }
    }
}

/// A socket that cannot be attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AttachError {
    /// The token is forged, expired, used, or of another identity.
    UnknownId,
    /// The id already has a socket.
    AlreadyAttached,
    /// Too many connections, or the hub is shutting down.
    Full,
}

impl<I: Clone + PartialEq> Registry<I> {
    pub(super) fn new(options: &HubOptions) -> Self {
        Self {
            state: Mutex::new(State { live: BTreeMap::new(), used: BTreeMap::new(), is_shut_down: false }),
            connections: watch::Sender::new(0),
            max_connections: options.max_connections,
            max_connections_per_identity: options.max_connections_per_identity,
            // As long as `Negotiation::is_current` may accept a token.
            remember_used: options.negotiation_ttl * 2,
        }
    }

    /// True if a further connection of this identity would be accepted now.
    pub(super) fn has_room(&self, identity: &I) -> bool {
        self.check_room(&mut self.lock(), identity).is_ok()
    }

    /// Checks whether a socket with this ticket could be attached.
    pub(super) fn check(&self, ticket: Ticket, identity: &I) -> Result<(), AttachError> {
        self.check_ticket(&mut self.lock(), ticket, identity)
    }

    /// Registers a connection. Its token is used up.
    pub(super) fn attach(
        self: &Arc<Self>,
        ticket: Ticket,
        identity: &I,
        options: &HubOptions,
    ) -> Result<Registration<I>, AttachError> {
        let mut state = self.lock();
        self.check_ticket(&mut state, ticket, identity)?;
        let id = ticket.id();
        if let Ticket::Negotiated { .. } = ticket {
            state.used.insert(id, (identity.clone(), Instant::now() + self.remember_used));
        }
        let (connection, queued) = HubConnection::new(id, options);
        state.live.insert(id, (identity.clone(), connection.clone()));
        self.connections.send_replace(state.live.len());
        drop(state);
        Ok(Registration { registry: Arc::clone(self), connection, queued })
    }

    /// Refuses new connections from now on, and returns the open ones.
    pub(super) fn shut_down(&self) -> Vec<HubConnection> {
        let mut state = self.lock();
        state.is_shut_down = true;
        state.live.values().map(|(_, connection)| connection.clone()).collect()
    }

    pub(super) fn connections(&self) -> usize {
        *self.connections.borrow()
    }

    pub(super) async fn wait_until_empty(&self) {
        // The sender is part of self, so it still exists.
        let _ = self.connections.subscribe().wait_for(|&count| count == 0).await;
    }

    fn check_ticket(&self, state: &mut State<I>, ticket: Ticket, identity: &I) -> Result<(), AttachError> {
        state.forget_used();
        if state.live.contains_key(&ticket.id()) {
            return Err(AttachError::AlreadyAttached);
        }
        match ticket {
            Ticket::Negotiated { id, is_current } if !is_current || state.used.contains_key(&id) => {
                Err(AttachError::UnknownId)
            }
            Ticket::Negotiated { .. } | Ticket::Skipped(_) => self.check_room(state, identity),
        }
    }

    fn check_room(&self, state: &mut State<I>, identity: &I) -> Result<(), AttachError> {
        state.forget_used();
        let most = self.max_connections_per_identity;
        let live = state.live.values().filter(|(owner, _)| owner == identity).count();
        let used = state.used.values().filter(|(owner, _)| owner == identity).count();
        let is_full = state.live.len() >= self.max_connections
            || live >= most
            || used >= most.saturating_mul(USED_TOKENS_PER_CONNECTION);
        if state.is_shut_down || is_full { Err(AttachError::Full) } else { Ok(()) }
    }
}

impl<I> Registry<I> {
    fn lock(&self) -> MutexGuard<'_, State<I>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<I> State<I> {
    fn forget_used(&mut self) {
        let now = Instant::now();
        self.used.retain(|_, (_, until)| *until > now);
    }
}

/// A connection's entry in the registry. Dropping it removes the entry.
pub(super) struct Registration<I> {
    registry: Arc<Registry<I>>,
    pub(super) connection: HubConnection,
    pub(super) queued: mpsc::Receiver<String>,
}

impl<I> Drop for Registration<I> {
    fn drop(&mut self) {
        let mut state = self.registry.lock();
        state.live.remove(&self.connection.id());
        self.registry.connections.send_replace(state.live.len());
    }
}
