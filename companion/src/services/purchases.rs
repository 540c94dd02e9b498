//! A payment's commands: what an order's packages make for which servers, and the limits of it.

use super::changes::Changes;
use super::{Audit, ServiceError, Wake, orders};
use flux_shop::{NewCommand, Order, OrderStatus, Package, Places, TooManyCommands, Trigger, expand, kind, left_out};
use flux_storage::{Tx, orders as orders_repo, player_places, servers};
use jiff::Timestamp;

/// The commands that an order's payment creates.
pub(super) struct PurchaseCommands(Vec<NewCommand>);

impl PurchaseCommands {
    /// Marks the order as paid, and expands its commands. Fails if the purchase, a refund or a chargeback would create too
    /// many commands, because a later call could not refuse the order any more.
    pub(super) fn of(
        tx: &Tx<'_>,
        order: &mut Order,
        packages: &[Package],
        at: Option<Timestamp>,
    ) -> Result<PurchaseCommands, ServiceError> {
        let servers = servers::receiving(tx)?;
        let last_seen = if packages.iter().any(Package::is_for_any_server) {
            player_places::find(tx, &order.content.player.name)?
        } else {
            None
        };
        let places = Places { receiving: &servers, last_seen: last_seen.as_ref() };
        let made = expanded(order, packages, Trigger::Purchase, places, tx.now())?;
        for trigger in [Trigger::Refund, Trigger::Chargeback] {
            expanded(order, packages, trigger, places, tx.now())?;
        }
        if servers.is_empty() && packages.iter().any(Package::has_purchase) {
            let message = "the store has no server that could run its commands: add one, then send the payment again";
            return Err(ServiceError::conflict("no_server", message));
        }
        order.left_out = left_out(&order.content.items, packages, &servers);
        order.times.paid_at = Some(at.unwrap_or(tx.now()));
        order.status = OrderStatus::Paid;
        order.updated_at = tx.now();
        Ok(PurchaseCommands(made))
    }

    /// Saves the commands of a saved order. The order's event follows the events of `changes`.
    pub(super) fn deliver(
        self,
        tx: &Tx<'_>,
        by: &Audit,
        order: &Order,
        packages: &[Package],
        at: Option<Timestamp>,
        mut changes: Changes,
    ) -> Result<Wake, ServiceError> {
        orders_repo::snapshot_reversals(tx, &order.id, packages)?;
        changes.add_event(kind::ORDER_PAID, order.id.as_str(), orders::facts(order, at));
        let made = flux_storage::commands::insert_all(tx, self.0)?;
        for command in &made {
            changes.announce(command);
        }
        changes.write(tx, by)?;
        Ok(made.into_iter().map(|command| command.new.server_id).collect())
    }
}

fn expanded(
    order: &Order,
    packages: &[Package],
    trigger: Trigger,
    places: Places<'_>,
    now: Timestamp,
) -> Result<Vec<NewCommand>, ServiceError> {
    expand(order, packages, trigger, places, now).map_err(|TooManyCommands| {
        let most = flux_shop::limits::ORDER_COMMANDS;
        ServiceError::invalid(
            "items",
            format!("would make more than {most} commands: use {{quantity}} in the templates"),
        )
    })
}
