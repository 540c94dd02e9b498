//! Where orders, commands and customers meet referrals.

use crate::service::{self, customers, orders, reward_commands};
use crate::storage::grants;
use crate::{Effects, Error, ReferralContext};
use flux_protocol::OrderId;
use flux_referral_rules::ReversalKind;
use flux_shop::{Audit, CommandRow, CustomerId, CustomerRow, GrantId, Order, ReferralView};
use flux_storage::Tx;
use jiff::Timestamp;

/// What the services of the store call when something happens that referrals depend on. Each call is part of the caller's
/// transaction; the caller applies the returned [`Effects`].
///
/// # Errors
///
/// Each method fails with [`Error`]; the caller then undoes the whole transaction.
pub trait OrderHooks: Send + Sync {
    /// An order was placed, or changed before it was paid.
    fn placed(&self, tx: &Tx<'_>, audit: &Audit, order: &Order) -> Result<Effects, Error>;

    /// An order was paid at that time.
    fn paid(&self, tx: &Tx<'_>, audit: &Audit, order: &Order, at: Timestamp) -> Result<Effects, Error>;

    /// The storefront completed an order.
    fn completed(&self, tx: &Tx<'_>, audit: &Audit, id: &OrderId, at: Timestamp) -> Result<Effects, Error>;

    /// An order was reversed as a whole.
    fn reversed(
        &self,
        tx: &Tx<'_>,
        audit: &Audit,
        id: &OrderId,
        how: ReversalKind,
        at: Timestamp,
    ) -> Result<Effects, Error>;

    /// Part of an order was refunded: `total` minor units so far.
    fn partly_refunded(
        &self,
        tx: &Tx<'_>,
        audit: &Audit,
        id: &OrderId,
        total: u64,
        at: Timestamp,
    ) -> Result<Effects, Error>;

    /// A command was closed: completed, failed or cancelled.
    fn command_closed(&self, tx: &Tx<'_>, command: &CommandRow) -> Result<Effects, Error>;

    /// Whether a reward was reversed, so that its commands must not run any more.
    fn is_reversed(&self, tx: &Tx<'_>, grant: &GrantId) -> Result<bool, Error>;

    /// A customer was saved; `before` is the row as it was.
    fn customer_saved(
        &self,
        tx: &Tx<'_>,
        audit: &Audit,
        before: Option<&CustomerRow>,
        id: &CustomerId,
    ) -> Result<Effects, Error>;

    /// A customer is being forgotten, and is `anonymous` from now on. Refused while a reward has open commands.
    fn customer_forgotten(&self, tx: &Tx<'_>, id: &CustomerId, anonymous: &CustomerId) -> Result<(), Error>;

    /// A player joined a server.
    fn player_joined(&self, tx: &Tx<'_>, audit: &Audit, name: &str, uuid: Option<&str>) -> Result<Effects, Error>;

    /// What referrals have to say about an order; `None` if nothing.
    fn referral_of(&self, tx: &Tx<'_>, id: &OrderId, now: Timestamp) -> Result<Option<ReferralView>, Error>;
}

/// The referrals of a store.
#[derive(Clone)]
pub struct Referrals {
    ctx: ReferralContext,
}

impl Referrals {
    /// The referrals that work with this context.
    pub fn new(ctx: ReferralContext) -> Referrals {
        Referrals { ctx }
    }

    /// What the events need besides the database.
    pub fn context(&self) -> &ReferralContext {
        &self.ctx
    }
}

impl OrderHooks for Referrals {
    fn placed(&self, tx: &Tx<'_>, audit: &Audit, order: &Order) -> Result<Effects, Error> {
        orders::placed(tx, audit, &self.ctx, order)
    }

    fn paid(&self, tx: &Tx<'_>, audit: &Audit, order: &Order, at: Timestamp) -> Result<Effects, Error> {
        orders::paid(tx, audit, &self.ctx, order, at)
    }

    fn completed(&self, tx: &Tx<'_>, audit: &Audit, id: &OrderId, at: Timestamp) -> Result<Effects, Error> {
        Ok(service::completed(tx, audit, &self.ctx, id, at)?.effects)
    }

    fn reversed(
        &self,
        tx: &Tx<'_>,
        audit: &Audit,
        id: &OrderId,
        how: ReversalKind,
        at: Timestamp,
    ) -> Result<Effects, Error> {
        Ok(service::void(tx, audit, &self.ctx, id, how, None, at)?.effects)
    }

    fn partly_refunded(
        &self,
        tx: &Tx<'_>,
        audit: &Audit,
        id: &OrderId,
        total: u64,
        at: Timestamp,
    ) -> Result<Effects, Error> {
        orders::partly_refunded(tx, audit, &self.ctx, id, total, at)
    }

    fn command_closed(&self, tx: &Tx<'_>, command: &CommandRow) -> Result<Effects, Error> {
        Ok(reward_commands::command_closed(tx, command)?)
    }

    fn is_reversed(&self, tx: &Tx<'_>, grant: &GrantId) -> Result<bool, Error> {
        Ok(grants::is_reversed(tx, grant)?)
    }

    fn customer_saved(
        &self,
        tx: &Tx<'_>,
        audit: &Audit,
        before: Option<&CustomerRow>,
        id: &CustomerId,
    ) -> Result<Effects, Error> {
        customers::changed(tx, audit, &self.ctx, before, id)
    }

    fn customer_forgotten(&self, tx: &Tx<'_>, id: &CustomerId, anonymous: &CustomerId) -> Result<(), Error> {
        customers::forget(tx, id, anonymous)
    }

    fn player_joined(&self, tx: &Tx<'_>, audit: &Audit, name: &str, uuid: Option<&str>) -> Result<Effects, Error> {
        customers::joined(tx, audit, &self.ctx, name, uuid)
    }

    fn referral_of(&self, tx: &Tx<'_>, id: &OrderId, now: Timestamp) -> Result<Option<ReferralView>, Error> {
        orders::referral_of(tx, id, now)
    }
}
