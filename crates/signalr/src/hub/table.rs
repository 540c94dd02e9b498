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

/// Who has negotiated, and who is connected.
pub(super) struct Table<I> {
    rows: Mutex<Rows<I>>,
    connections: watch::Sender<usize>,
    max_connections: usize,
    max_negotiations: usize,
    max_connections_per_identity: usize,
    negotiation_ttl: Duration,
}

struct Rows<I> {
    /// By the secret id of negotiate.
    negotiated: BTreeMap<String, Negotiated<I>>,
    live: BTreeMap<u64, (I, HubConnection)>,
    last_id: u64,
    shut: bool,
}

enum Negotiated<I> {
    Waiting { identity: I, until: Instant },
    Attached,
}

/// Why there is no seat for a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoSeat {
    /// The id is unknown, forgotten, or somebody else's.
    Unknown,
    /// The id has its socket already.
    Taken,
    /// Too many connections, or the hub is shutting down.
    Full,
}

impl<I: Clone + PartialEq> Table<I> {
    pub(super) fn new(options: &HubOptions) -> Self {
        let rows = Rows { negotiated: BTreeMap::new(), live: BTreeMap::new(), last_id: 0, shut: false };
        Self {
            rows: Mutex::new(rows),
            connections: watch::Sender::new(0),
            max_connections: options.max_connections,
            max_negotiations: options.max_negotiations,
            max_connections_per_identity: options.max_connections_per_identity,
            negotiation_ttl: options.negotiation_ttl,
        }
    }

    /// Remembers a negotiation for a while; false when there is no room.
    pub(super) fn negotiate(&self, key: String, identity: I) -> bool {
        let mut rows = self.rows();
        rows.forget_stale();
        let waiting = rows.negotiated.values().filter(|row| matches!(row, Negotiated::Waiting { .. })).count();
        let is_full = waiting >= self.max_negotiations || rows.live.len() >= self.max_connections;
        if rows.shut || is_full || rows.connections_of(&identity) >= self.max_connections_per_identity {
            return false;
        }
        let until = Instant::now() + self.negotiation_ttl;
        rows.negotiated.insert(key, Negotiated::Waiting { identity, until });
        true
    }

    /// Whether a socket with this key would get a seat.
    pub(super) fn check(&self, key: Option<&str>, identity: &I) -> Result<(), NoSeat> {
        self.rows().check(key, identity, self.max_connections)
    }

    /// Takes a seat; without a key (negotiation skipped) a new one.
    pub(super) fn attach(
        self: &Arc<Self>,
        key: Option<String>,
        identity: &I,
        options: &HubOptions,
    ) -> Result<Seat<I>, NoSeat> {
        let mut rows = self.rows();
        rows.check(key.as_deref(), identity, self.max_connections)?;
        // Who has negotiated has a place already.
        if key.is_none() && rows.connections_of(identity) >= self.max_connections_per_identity {
            return Err(NoSeat::Full);
        }
        if let Some(key) = &key {
            rows.negotiated.insert(key.clone(), Negotiated::Attached);
        }
        rows.last_id += 1;
        let id = rows.last_id;
        let (connection, queued) = HubConnection::new(id, options);
        rows.live.insert(id, (identity.clone(), connection.clone()));
        self.connections.send_replace(rows.live.len());
        drop(rows);
        Ok(Seat { table: Arc::clone(self), key, connection, queued })
    }

    /// Lets nobody in any more, and returns those who are in.
    pub(super) fn shut(&self) -> Vec<HubConnection> {
        let mut rows = self.rows();
        rows.shut = true;
        rows.negotiated.retain(|_, row| matches!(row, Negotiated::Attached));
        rows.live.values().map(|(_, connection)| connection.clone()).collect()
    }

    pub(super) fn connections(&self) -> usize {
        *self.connections.borrow()
    }

    pub(super) async fn emptied(&self) {
        // The sender is self, so it cannot have gone.
        let _ = self.connections.subscribe().wait_for(|&count| count == 0).await;
    }
}

impl<I> Table<I> {
    fn rows(&self) -> MutexGuard<'_, Rows<I>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<I: PartialEq> Rows<I> {
    fn connections_of(&self, identity: &I) -> usize {
        let waits =
            |row: &&Negotiated<I>| matches!(row, Negotiated::Waiting { identity: whose, .. } if whose == identity);
        let live = self.live.values().filter(|(whose, _)| whose == identity);
        self.negotiated.values().filter(waits).count() + live.count()
    }

    fn forget_stale(&mut self) {
        let now = Instant::now();
        self.negotiated.retain(|_, row| !matches!(row, Negotiated::Waiting { until, .. } if *until <= now));
    }

    fn check(&mut self, key: Option<&str>, identity: &I, max_connections: usize) -> Result<(), NoSeat> {
        self.forget_stale();
        match key.map(|key| self.negotiated.get(key)) {
            None => {}
            Some(Some(Negotiated::Waiting { identity: expected, .. })) if expected == identity => {}
            Some(Some(Negotiated::Attached)) => return Err(NoSeat::Taken),
            Some(_) => return Err(NoSeat::Unknown),
        }
        if self.shut || self.live.len() >= max_connections { Err(NoSeat::Full) } else { Ok(()) }
    }
}

/// A connection's place in the table; given back when dropped.
pub(super) struct Seat<I> {
    table: Arc<Table<I>>,
    key: Option<String>,
    pub(super) connection: HubConnection,
    pub(super) queued: mpsc::Receiver<String>,
}

impl<I> Drop for Seat<I> {
    fn drop(&mut self) {
        let mut rows = self.table.rows();
        if let Some(key) = &self.key {
            rows.negotiated.remove(key);
        }
        rows.live.remove(&self.connection.id());
        self.table.connections.send_replace(rows.live.len());
    }
}
