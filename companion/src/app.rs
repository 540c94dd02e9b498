//! The state that the parts of a running companion share.

use crate::agents::{SessionSignals, Sessions};
use crate::config::Config;
use crate::limits;
use crate::secrets::{self, KeySecret};
use crate::services::{Audit, ServiceError, Wake, effects};
use flux_platform::{Clock, Entropy};
use flux_protocol::SecretHash;
use flux_referrals::http::{Host, ReferralApi};
use flux_referrals::{Effects, OrderHooks, ReferralContext, Referrals};
use flux_rest::{Shares, WrongKeys};
use flux_shop::Actor;
use flux_storage::{Db, NodeId, Tx};
use jiff::Timestamp;
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
    /// This process, as the holder of seats and leases.
    pub(crate) node: NodeId,
    /// The referrals.
    referrals: Arc<Referrals>,
    /// The agents' sessions in this process.
    pub sessions: Arc<Sessions>,
    /// Reaches the agents' sessions, wherever they are open.
    pub(crate) signals: Arc<dyn SessionSignals>,
    /// True once the companion is about to stop; endless tasks and streams then end.
    pub(crate) stopping: watch::Sender<bool>,
    /// Permits for event streams.
    pub(crate) streams: Arc<Semaphore>,
    /// Each key's share of the event streams.
    pub(crate) stream_shares: Arc<Shares>,
    /// Wrong keys of all callers.
    pub(crate) wrong_keys: WrongKeys,
    /// Answers so far, by the hundreds of their status: 1xx to 5xx.
    pub(crate) answers: [AtomicU64; 5],
}

impl App {
    /// A companion that nobody is connected to.
    pub(crate) fn new(config: Config, db: Db, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Arc<App> {
        let node = secrets::node_id(&*entropy);
        let sessions = Arc::new(Sessions::new(node.clone()));
        Arc::new(App {
            referrals: Arc::new(Referrals::new(context(&config))),
            wrong_keys: WrongKeys::new(config.limits.wrong_keys_per_minute),
            config,
            node,
            db: db.on(Arc::clone(&clock), Arc::clone(&entropy)),
            clock,
            entropy,
            signals: Arc::clone(&sessions) as Arc<dyn SessionSignals>,
            sessions,
            stopping: watch::Sender::new(false),
            streams: Arc::new(Semaphore::new(limits::EVENT_STREAMS)),
            stream_shares: Shares::new(limits::EVENT_STREAMS_OF_KEY),
            answers: Default::default(),
        })
    }

    /// The time, in whole milliseconds, as the database keeps it. A transaction has a time of its own.
    pub(crate) fn now(&self) -> Timestamp {
        let now = self.clock.now();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    /// The referrals, as the hooks of orders, commands and customers.
    pub(crate) fn hooks(&self) -> Arc<Referrals> {
        Arc::clone(&self.referrals)
    }

    /// The state of the referral routes and sweeps.
    pub(crate) fn referral_api(self: &Arc<App>) -> ReferralApi {
        let host = Arc::clone(self) as Arc<dyn Host>;
        ReferralApi::new(host, self.db.clone(), self.hooks(), self.config.store.id.clone())
    }

    /// Runs a use case as this actor in one transaction. The database may run it again, after it has undone the first run.
    ///
    /// # Errors
    /// The use case's, whose changes are then undone, or the database's.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        actor: Actor,
        work: impl Fn(&Tx<'_>, &Audit, &dyn OrderHooks) -> Result<T, ServiceError> + Send + 'static,
    ) -> Result<T, ServiceError> {
        let (by, hooks) = (Audit { actor }, self.hooks());
        self.db.write(move |tx| work(tx, &by, &*hooks)).await
    }

    /// Like [`write`](App::write), then wakes the sessions of the servers that the use case returns: there is something
    /// to offer to them.
    ///
    /// # Errors
    /// The use case's, whose changes are then undone, or the database's.
    pub(crate) async fn write_and_wake<T: Send + 'static>(
        &self,
        actor: Actor,
        work: impl Fn(&Tx<'_>, &Audit, &dyn OrderHooks) -> Result<(T, Wake), ServiceError> + Send + 'static,
    ) -> Result<T, ServiceError> {
        let (done, servers) = self.write(actor, work).await?;
        Host::wake(self, &servers);
        Ok(done)
    }
}

impl Host for App {
    fn now(&self) -> Timestamp {
        App::now(self)
    }

    fn key_hash(&self, secret: &str) -> Option<SecretHash> {
        KeySecret::parse(secret).map(|secret| secret.hash())
    }

    fn apply(&self, tx: &Tx<'_>, audit: &Audit, effects: Effects) -> Result<Wake, flux_referrals::Error> {
        Ok(effects::apply(tx, audit, &*self.referrals, effects)?)
    }

    fn wake(&self, servers: &Wake) {
        for server in servers {
            self.signals.has_commands(server);
        }
    }
}

/// The referrals of a store with this config, for the command line.
pub(crate) fn referrals(config: &Config) -> Referrals {
    Referrals::new(context(config))
}

fn context(config: &Config) -> ReferralContext {
    let address = config.store.address.clone();
    let sender = config.mail.as_ref().and_then(|mail| mail.from.name.clone());
    let store_name = sender.unwrap_or_else(|| address.host().to_owned());
    ReferralContext { zone: config.store.zone.clone(), address, store_name }
}
