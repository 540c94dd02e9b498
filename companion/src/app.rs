//! What the parts of a running companion share.

use crate::agents::Sessions;
use crate::config::Config;
use crate::limits;
use crate::services::referrals::Desk;
use crate::services::{Audit, Wake};
use flux_platform::{Clock, Entropy};
use flux_shop::Actor;
use flux_storage::Db;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use tokio::sync::{Semaphore, watch};

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
    /// The companion is about to stop: what would go on for ever ends.
    pub(crate) stopping: watch::Sender<bool>,
    /// Places for streams of events.
    pub(crate) streams: Arc<Semaphore>,
    /// Answers so far, by the hundreds of their status: 1xx to 5xx.
    pub(crate) answers: [AtomicU64; 5],
}

impl App {
    /// A companion that nobody is connected to.
    pub(crate) fn new(config: Config, db: Db, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Arc<App> {
        Arc::new(App {
            config,
            db,
            clock,
            entropy,
            sessions: Arc::new(Sessions::default()),
            stopping: watch::Sender::new(false),
            streams: Arc::new(Semaphore::new(limits::EVENT_STREAMS)),
            answers: Default::default(),
        })
    }

    /// Who does something, now. To the millisecond, which is what the database keeps.
    pub fn by(&self, actor: Actor) -> Audit {
        let now = self.clock.now();
        Audit { actor, now: jiff::Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now) }
    }

    /// What the referral rules need besides the database.
    pub fn desk(&self) -> Desk {
        let store = &self.config.store;
        Desk { entropy: Arc::clone(&self.entropy), zone: store.zone.clone(), address: store.address.clone() }
    }

    /// Tells the sessions of these servers that there is something to offer.
    pub fn wake(&self, servers: &Wake) {
        for server in servers {
            self.sessions.wake(server);
        }
    }
}
