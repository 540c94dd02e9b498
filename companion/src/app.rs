//! What the parts of a running companion share.

use crate::config::Config;
use crate::db::Db;
use crate::hub::Sessions;
use crate::model::Actor;
use crate::store::{By, Wake};
use flux_ambient::{Clock, Entropy};
use std::sync::Arc;

/// A running companion.
pub struct App {
    /// The config.
    pub config: Config,
    /// The database.
    pub db: Db,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The random source.
    pub entropy: Arc<dyn Entropy>,
    /// The agents' sessions.
    pub sessions: Arc<Sessions>,
}

impl App {
    /// Who does something, now. To the millisecond, which is what the database keeps.
    pub fn by(&self, actor: Actor) -> By {
        let now = self.clock.now();
        By { actor, now: jiff::Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now) }
    }

    /// Tells the sessions of these servers that there is something to offer.
    pub fn wake(&self, servers: &Wake) {
        for server in servers {
            self.sessions.wake(server);
        }
    }
}
