//! The state of the referral routes, and the interface of the store around them.

use crate::service::{self, Outcome};
use crate::storage::counters;
use crate::{Effects, Error, ReferralContext, Referrals, limits};
use flux_protocol::SecretHash;
use flux_protocol::ServerId;
use flux_rest::{ApiError, KeyDirectory};
use flux_shop::{Actor, Audit};
use flux_storage::keys::{self, KeyRow};
use flux_storage::leases::Lease;
use flux_storage::{Db, Tx};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The servers whose commands have changed.
pub type Wake = BTreeSet<ServerId>;

/// The store around the referrals.
pub trait Host: Send + Sync + 'static {
    /// The present time, to the millisecond.
    fn now(&self) -> Timestamp;

    /// The hash of an API key's secret; `None` if it cannot be one.
    fn key_hash(&self, secret: &str) -> Option<SecretHash>;

    /// Creates and cancels commands, in the transaction of the event that requires it.
    ///
    /// # Errors
    ///
    /// The store's error. The caller then rolls the event back.
    fn apply(&self, tx: &Tx<'_>, audit: &Audit, effects: Effects) -> Result<Wake, Error>;

    /// Wakes the sessions of these servers to offer new commands.
    fn wake(&self, servers: &Wake);
}

/// The state of the referral routes.
#[derive(Clone)]
pub struct ReferralApi {
    host: Arc<dyn Host>,
    db: Db,
    referrals: Arc<Referrals>,
    store_id: String,
}

impl ReferralApi {
    /// The state for the store with this id.
    pub fn new(host: Arc<dyn Host>, db: Db, referrals: Arc<Referrals>, store_id: String) -> ReferralApi {
        ReferralApi { host, db, referrals, store_id }
    }

    pub(super) fn store_id(&self) -> &str {
        &self.store_id
    }

    pub(super) fn now(&self) -> Timestamp {
        self.host.now()
    }

    /// Runs a read, in the companion's name, because nothing is recorded.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl Fn(&Tx<'_>, &Audit, &ReferralContext) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (audit, referrals) = (Audit { actor: Actor::companion() }, Arc::clone(&self.referrals));
        self.db.read(move |tx| work(tx, &audit, referrals.context())).await
    }

    /// Runs a use case without effects as this actor in one transaction.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        actor: Actor,
        work: impl Fn(&Tx<'_>, &Audit, &ReferralContext) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (audit, referrals) = (Audit { actor }, Arc::clone(&self.referrals));
        self.db.write(move |tx| work(tx, &audit, referrals.context())).await
    }

    /// Runs an event and applies its effects in one transaction, then wakes the servers. `view` reads the answer after the
    /// effects.
    pub(super) async fn run<T, V>(
        &self,
        actor: Actor,
        event: impl Fn(&Tx<'_>, &Audit, &ReferralContext) -> Result<(T, Effects), Error> + Send + 'static,
        view: impl Fn(&Tx<'_>, &Audit, &T) -> Result<V, Error> + Send + 'static,
    ) -> Result<(T, V), Error>
    where
        T: Send + 'static,
        V: Send + 'static,
    {
        let host = Arc::clone(&self.host);
        let (outcome, seen, wake) = self
            .write(actor, move |tx, audit, ctx| {
                let (outcome, effects) = event(tx, audit, ctx)?;
                let wake = host.apply(tx, audit, effects)?;
                let seen = view(tx, audit, &outcome)?;
                Ok((outcome, seen, wake))
            })
            .await?;
        self.host.wake(&wake);
        Ok((outcome, seen))
    }

    /// Runs a sweep as of `at`, with at most [`limits::SWEEP_ROWS`] rows per transaction. Returns the number of rows.
    ///
    /// # Errors
    ///
    /// The error of the first transaction that fails. Earlier transactions stay committed.
    pub async fn sweep(&self, actor: &Actor, sweep: Sweep, at: Timestamp) -> Result<u64, Error> {
        let mut total = 0;
        loop {
            let step = move |tx: &Tx<'_>, audit: &Audit, ctx: &ReferralContext| match sweep {
                Sweep::ExpirePending => Ok((service::expire_pending(tx, audit, ctx, at)?, Effects::default())),
                Sweep::IssueDue => service::issue_due(tx, audit, ctx, at),
                Sweep::ExpireRewards => Ok((service::expire_rewards(tx, audit, ctx, at)?, Effects::default())),
            };
            let (count, ()) = self.run(actor.clone(), step, |_, _, _| Ok(())).await?;
            total += u64::from(count);
            if count < limits::SWEEP_ROWS {
                return Ok(total);
            }
        }
    }

    /// Folds what was counted since the last sweep into the totals.
    ///
    /// # Errors
    ///
    /// The error of the first transaction that fails. Earlier transactions stay committed.
    pub async fn fold_counters(&self) -> Result<(), Error> {
        let fold = |tx: &Tx<'_>| counters::fold(tx, limits::SWEEP_ROWS);
        while self.db.write(fold).await? == limits::SWEEP_ROWS {}
        Ok(())
    }

    /// Issues codes to customers without one, after codes were enabled, as long as this process has the lease of the sweeps.
    ///
    /// # Errors
    ///
    /// The error of the first transaction that fails. Earlier transactions stay committed.
    pub async fn issue_missing_codes(&self, actor: &Actor, lease: &Lease) -> Result<(), Error> {
        loop {
            let lease = lease.clone();
            let issue = move |tx: &Tx<'_>, audit: &Audit, ctx: &ReferralContext| {
                service::issue_missing_codes(tx, audit, ctx, &lease)
            };
            if !self.write(actor.clone(), issue).await? {
                return Ok(());
            }
        }
    }
}

/// A periodic task that applies deadlines.
#[derive(Debug, Clone, Copy)]
pub enum Sweep {
    /// Expires the attributions past their deadline.
    ExpirePending,
    /// Issues the rewards that are due.
    IssueDue,
    /// Expires the unused codes past their deadline.
    ExpireRewards,
}

impl KeyDirectory for ReferralApi {
    async fn find_key(&self, secret: &str) -> Result<Option<KeyRow>, ApiError> {
        let Some(hash) = self.host.key_hash(secret) else { return Ok(None) };
        Ok(self.db.read(move |tx| keys::find(tx, &hash)).await?)
    }
}

/// Separates an outcome from its effects.
pub(super) fn split(outcome: Outcome) -> (Outcome, Effects) {
    let Outcome { attribution, is_new, refusal, effects } = outcome;
    (Outcome { attribution, is_new, refusal, effects: Effects::default() }, effects)
}
