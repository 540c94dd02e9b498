//! The interface through which orders, commands and customers trigger referral events.

use crate::service::{self, customers, deliveries, orders, reward_commands};
use crate::storage::grants;
use crate::{Effects, Error, ReferralContext};
use flux_protocol::OrderId;
use flux_referral_rules::ReversalKind;
use flux_shop::{Audit, Command, Customer, CustomerId, GrantId, Order, Player, ReferralView};
use flux_storage::Tx;
use jiff::Timestamp;
use std::collections::BTreeSet;

/// Events of the store that referrals depend on. Each call is part of the caller's transaction; the caller applies the
/// returned [`Effects`].
///
/// # Errors
///
/// Each method fails with [`Error`]. The caller then rolls the transaction back.
pub trait OrderHooks: Send + Sync {
    /// Handles an order that was placed, or changed before its payment.
    fn placed(&self, tx: &Tx<'_>, audit: &Audit, order: &Order) -> Result<Effects, Error>;

    /// Handles a payment at that time.
    fn paid(&self, tx: &Tx<'_>, audit: &Audit, order: &Order, at: Timestamp) -> Result<Effects, Error>;

    /// Handles the completion of an order.
    fn completed(&self, tx: &Tx<'_>, audit: &Audit, id: &OrderId, at: Timestamp) -> Result<Effects, Error>;

    /// Handles completed commands of these orders: some of the orders may be delivered now.
    fn delivered(&self, tx: &Tx<'_>, audit: &Audit, orders: &BTreeSet<&OrderId>) -> Result<Effects, Error>;

    /// Handles the full reversal of an order.
    fn reversed(
        &self,
        tx: &Tx<'_>,
        audit: &Audit,
        id: &OrderId,
        how: ReversalKind,
        at: Timestamp,
    ) -> Result<Effects, Error>;

    /// Handles a partial refund: `total` minor units so far.
    fn partly_refunded(
        &self,
        tx: &Tx<'_>,
        audit: &Audit,
        id: &OrderId,
        total: u64,
        at: Timestamp,
    ) -> Result<Effects, Error>;

    /// Handles a closed command: completed, failed or cancelled.
    fn command_closed(&self, tx: &Tx<'_>, command: &Command) -> Result<Effects, Error>;

    /// Returns whether a reward was reversed, so that its commands must not run any more.
    fn is_reversed(&self, tx: &Tx<'_>, grant: &GrantId) -> Result<bool, Error>;

    /// Handles a saved customer; `before` is the row before the save.
    fn customer_saved(
        &self,
        tx: &Tx<'_>,
        audit: &Audit,
        before: Option<&Customer>,
        id: &CustomerId,
    ) -> Result<Effects, Error>;

    /// Takes a player from customers who have them by name alone, for a customer who names the UUID. Returns whether
    /// somebody lost the player.
    fn player_claimed(&self, tx: &Tx<'_>, audit: &Audit, to: &CustomerId, player: &Player) -> Result<bool, Error>;

    /// Anonymises a customer as `anonymous`. Refused while a reward has open commands.
    fn customer_forgotten(&self, tx: &Tx<'_>, id: &CustomerId, anonymous: &CustomerId) -> Result<(), Error>;

    /// Handles a player who joined a server.
    fn player_joined(&self, tx: &Tx<'_>, audit: &Audit, name: &str, uuid: Option<&str>) -> Result<Effects, Error>;

    /// The referral shown with an order; `None` if there is none.
    fn referral_of(&self, tx: &Tx<'_>, id: &OrderId, now: Timestamp) -> Result<Option<ReferralView>, Error>;
}

/// The referrals of a store.
#[derive(Clone)]
pub struct Referrals {
    ctx: ReferralContext,
}

impl Referrals {
    /// The referrals with this context.
    pub fn new(ctx: ReferralContext) -> Referrals {
        Referrals { ctx }
    }

    /// The context of referral events.
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

    fn delivered(&self, tx: &Tx<'_>, audit: &Audit, orders: &BTreeSet<&OrderId>) -> Result<Effects, Error> {
        deliveries::delivered(tx, audit, &self.ctx, orders)
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

    fn command_closed(&self, tx: &Tx<'_>, command: &Command) -> Result<Effects, Error> {
        Ok(reward_commands::command_closed(tx, command)?)
    }

    fn is_reversed(&self, tx: &Tx<'_>, grant: &GrantId) -> Result<bool, Error> {
        Ok(grants::is_reversed(tx, grant)?)
    }

    fn customer_saved(
        &self,
        tx: &Tx<'_>,
        audit: &Audit,
        before: Option<&Customer>,
        id: &CustomerId,
    ) -> Result<Effects, Error> {
        customers::changed(tx, audit, &self.ctx, before, id)
    }

    fn player_claimed(&self, tx: &Tx<'_>, audit: &Audit, to: &CustomerId, player: &Player) -> Result<bool, Error> {
        customers::take_player(tx, audit, to.as_str(), player)
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
