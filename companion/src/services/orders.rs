//! The use cases of orders, and their effects on commands.

use super::changes::Changes;
use super::purchases::PurchaseCommands;
use super::{Audit, ServiceError, Wake, effects, reversals};
use flux_protocol::OrderId;
use flux_referral_rules::ReversalKind;
use flux_referrals::OrderHooks;
use flux_shop::{Amount, Order, OrderContent, OrderItem, OrderStatus, OrderTimes, Package, PutStatus, RefundId, kind};
use flux_storage::{Tx, customers, events, orders, packages};
use jiff::Timestamp;
use serde_json::json;

/// One refund of an order.
#[derive(Debug, Default)]
pub struct Refund {
    /// The amount that it pays back; by default all that is left.
    pub amount: Option<Amount>,
    /// The payment provider's id of it.
    pub id: Option<RefundId>,
}

/// `PUT /orders/{id}`: true if the order is new. The same again changes nothing; another body replaces an order that is not paid yet.
pub fn put(
    tx: &Tx<'_>,
    by: &Audit,
    hooks: &dyn OrderHooks,
    id: &OrderId,
    content: OrderContent,
) -> Result<(bool, Wake), ServiceError> {
    let to_pay = content.status == PutStatus::Paid;
    let content = content.without_status();
    let before = orders::find(tx, id)?;
    let is_new = before.is_none();
    let wake = match before {
        Some(order) if order.content.is_same_content(&content) => {
            let at = order.content.occurred_at;
            if to_pay { pay_order(tx, by, hooks, order, at)? } else { Wake::new() }
        }
        Some(order) if order.status != OrderStatus::Created => {
            let message = format!("the order is {} already, with another content", order.status.as_str());
            return Err(ServiceError::conflict("order_differs", message));
        }
        before => place(tx, by, hooks, id, content, before, to_pay)?,
    };
    Ok((is_new, wake))
}

/// Saves an order as it was sent, and pays it if it was sent as paid.
fn place(
    tx: &Tx<'_>,
    by: &Audit,
    hooks: &dyn OrderHooks,
    id: &OrderId,
    content: OrderContent,
    before: Option<Order>,
    to_pay: bool,
) -> Result<Wake, ServiceError> {
    check(&content)?;
    let at = content.occurred_at;
    let mut order = Order {
        id: id.clone(),
        content,
        status: OrderStatus::Created,
        refunded_amount: Amount::ZERO,
        left_out: Vec::new(),
        times: OrderTimes::default(),
        created_at: before.as_ref().map_or(tx.now(), |before| before.created_at),
        updated_at: tx.now(),
    };
    let packages = packages_of(tx, &order)?;
    let mut changes = Changes::default();
    let kind = if before.is_none() { kind::ORDER_CREATED } else { kind::ORDER_CHANGED };
    changes.add_event(kind, id.as_str(), facts(&order, at));
    let bought = if to_pay { Some(PurchaseCommands::of(tx, &mut order, &packages, at)?) } else { None };
    orders::put(tx, &order)?;
    customers::ensure_exists(tx, &order.content.customer, tx.now())?;
    let mut wake = match bought {
        Some(bought) => bought.deliver(tx, by, &order, &packages, at, changes)?,
        None => {
            orders::put_items(tx, &order)?;
            changes.write(tx, by)?;
            Wake::new()
        }
    };
    // After the order's own commands, so that rewards on the same server run after the purchase.
    wake.extend(effects::apply(tx, by, hooks, hooks.placed(tx, by, &order)?)?);
    Ok(wake)
}

fn check(content: &OrderContent) -> Result<(), ServiceError> {
    let most = crate::limits::ORDER_ITEMS;
    if !(1..=most).contains(&content.items.len()) {
        return Err(ServiceError::invalid("items", format!("must be 1 to {most} items")));
    }
    for (index, item) in content.items.iter().enumerate() {
        if content.items[..index].iter().any(|earlier| earlier.package_id == item.package_id) {
            let field = format!("items[{index}].packageId");
            return Err(ServiceError::invalid(
                field,
                "repeats an earlier item; raise the quantity of that item instead",
            ));
        }
    }
    Ok(())
}

/// The packages of an order's items, in their order. Empty for an imported order, which creates no commands and may name
/// packages that no longer exist.
fn packages_of(tx: &Tx<'_>, order: &Order) -> Result<Vec<Package>, ServiceError> {
    if order.content.imported {
        return Ok(Vec::new());
    }
    let items = &order.content.items;
    let mut found = packages::find_all(tx, items.iter().map(|item| &item.package_id))?;
    let package = |(index, item): (usize, &OrderItem)| {
        let place = found.iter().position(|package| package.id == item.package_id);
        place
            .map(|place| found.swap_remove(place))
            .ok_or_else(|| ServiceError::invalid(format!("items[{index}].packageId"), "there is no such package"))
    };
    items.iter().enumerate().map(package).collect()
}

/// `POST …/paid`: creates the order's commands, once. `at` is the time of payment, by default now.
pub fn pay(
    tx: &Tx<'_>,
    by: &Audit,
    hooks: &dyn OrderHooks,
    id: &OrderId,
    at: Option<Timestamp>,
) -> Result<Wake, ServiceError> {
    pay_order(tx, by, hooks, find(tx, id)?, at)
}

fn pay_order(
    tx: &Tx<'_>,
    by: &Audit,
    hooks: &dyn OrderHooks,
    order: Order,
    at: Option<Timestamp>,
) -> Result<Wake, ServiceError> {
    if order.times.paid_at.is_some() {
        return Ok(Wake::new());
    }
    if order.status != OrderStatus::Created {
        return Err(wrong_state(&order, "paid"));
    }
    make_paid(tx, by, hooks, order, at)
}

fn make_paid(
    tx: &Tx<'_>,
    by: &Audit,
    hooks: &dyn OrderHooks,
    mut order: Order,
    at: Option<Timestamp>,
) -> Result<Wake, ServiceError> {
    let packages = packages_of(tx, &order)?;
    let bought = PurchaseCommands::of(tx, &mut order, &packages, at)?;
    orders::set_status(tx, &order)?;
    orders::remove_items(tx, &order.id)?;
    let mut wake = bought.deliver(tx, by, &order, &packages, at, Changes::default())?;
    let paid_at = at.unwrap_or(tx.now());
    wake.extend(effects::apply(tx, by, hooks, hooks.paid(tx, by, &order, paid_at)?)?);
    Ok(wake)
}

/// `POST …/completed`: the storefront has finished with the order.
pub fn complete(
    tx: &Tx<'_>,
    by: &Audit,
    hooks: &dyn OrderHooks,
    id: &OrderId,
    at: Option<Timestamp>,
) -> Result<Wake, ServiceError> {
    let mut order = find(tx, id)?;
    if order.times.completed_at.is_some() {
        return Ok(Wake::new());
    }
    if order.status != OrderStatus::Paid {
        return Err(wrong_state(&order, "completed"));
    }
    order.times.completed_at = Some(at.unwrap_or(tx.now()));
    set(tx, by, order, OrderStatus::Completed, kind::ORDER_COMPLETED, at)?;
    effects::apply(tx, by, hooks, hooks.completed(tx, by, id, at.unwrap_or(tx.now()))?)
}

/// `POST …/cancelled`: cancels the commands that have not run. Only a refund reverses those that have run.
pub fn cancel(
    tx: &Tx<'_>,
    by: &Audit,
    hooks: &dyn OrderHooks,
    id: &OrderId,
    at: Option<Timestamp>,
) -> Result<Wake, ServiceError> {
    let mut order = find(tx, id)?;
    if order.times.cancelled_at.is_some() {
        return Ok(Wake::new());
    }
    if matches!(order.status, OrderStatus::Refunded | OrderStatus::Chargeback) {
        return Err(wrong_state(&order, "cancelled"));
    }
    order.times.cancelled_at = Some(at.unwrap_or(tx.now()));
    set(tx, by, order, OrderStatus::Cancelled, kind::ORDER_CANCELLED, at)?;
    orders::remove_items(tx, id)?;
    let rewards = hooks.reversed(tx, by, id, ReversalKind::Cancelled, at.unwrap_or(tx.now()))?;
    let rewards = effects::apply(tx, by, hooks, rewards)?;
    Ok(reversals::revoke(tx, by, hooks, id)?.into_iter().chain(rewards).collect())
}

/// `POST …/refunded`. Refunds are summed. Each counts once, by its id or else by its amount. A refund of the whole amount is
/// a full refund, whatever was refunded before; after a full refund nothing changes. Only a full refund cancels the commands
/// that have not run, and reverses those that have.
pub fn refund(
    tx: &Tx<'_>,
    by: &Audit,
    hooks: &dyn OrderHooks,
    id: &OrderId,
    refund: &Refund,
    at: Option<Timestamp>,
) -> Result<Wake, ServiceError> {
    let mut order = find(tx, id)?;
    check_refund(&order, refund)?;
    if order.times.refunded_at.is_some() {
        return Ok(Wake::new());
    }
    let (whole, before) = (order.content.amount, order.refunded_amount);
    let left = whole.less(before);
    let amount = refund.amount.filter(|amount| *amount != whole);
    let dedup_key = match (&refund.id, amount) {
        (Some(id), _) => format!("id:{id}"),
        (None, Some(amount)) => format!("amount:{}", amount.get()),
        (None, None) => "all".to_owned(),
    };
    let amount = amount.unwrap_or(left);
    if !orders::add_refund(tx, id, &dedup_key, amount, tx.now())? {
        return Ok(Wake::new());
    }
    if order.times.paid_at.is_none() || order.status == OrderStatus::Chargeback {
        return Err(wrong_state(&order, "refunded"));
    }
    if amount > left {
        let message = format!("only {} of the order's {} are left to be refunded", left.get(), whole.get());
        return Err(ServiceError::conflict("refund_exceeds", message));
    }
    order.refunded_amount = before.plus(amount);
    let is_full = order.refunded_amount == whole;
    if is_full {
        order.times.refunded_at = Some(at.unwrap_or(tx.now()));
    }
    let status = if is_full { OrderStatus::Refunded } else { order.status };
    let total = order.refunded_amount.get();
    set(tx, by, order, status, kind::ORDER_REFUNDED, at)?;
    let now = at.unwrap_or(tx.now());
    if !is_full {
        return effects::apply(tx, by, hooks, hooks.partly_refunded(tx, by, id, total, now)?);
    }
    let rewards = hooks.reversed(tx, by, id, ReversalKind::Refunded, now)?;
    let rewards = effects::apply(tx, by, hooks, rewards)?;
    Ok(reversals::revoke(tx, by, hooks, id)?.into_iter().chain(rewards).collect())
}

fn check_refund(order: &Order, refund: &Refund) -> Result<(), ServiceError> {
    let field = "refundedAmount";
    match refund.amount {
        Some(amount) if amount > order.content.amount => {
            return Err(ServiceError::invalid(field, "is more than the order's amount"));
        }
        Some(Amount::ZERO) if order.content.amount > Amount::ZERO => {
            return Err(ServiceError::invalid(field, "must be at least 1"));
        }
        _ => {}
    }
    Ok(())
}

/// `POST …/chargeback`: cancels the commands that have not run, and reverses those that have.
pub fn charge_back(
    tx: &Tx<'_>,
    by: &Audit,
    hooks: &dyn OrderHooks,
    id: &OrderId,
    at: Option<Timestamp>,
) -> Result<Wake, ServiceError> {
    let mut order = find(tx, id)?;
    if order.times.charged_back_at.is_some() {
        return Ok(Wake::new());
    }
    if order.times.paid_at.is_none() {
        return Err(wrong_state(&order, "charged back"));
    }
    order.times.charged_back_at = Some(at.unwrap_or(tx.now()));
    set(tx, by, order, OrderStatus::Chargeback, kind::ORDER_CHARGEBACK, at)?;
    let rewards = hooks.reversed(tx, by, id, ReversalKind::Chargeback, at.unwrap_or(tx.now()))?;
    let rewards = effects::apply(tx, by, hooks, rewards)?;
    Ok(reversals::revoke(tx, by, hooks, id)?.into_iter().chain(rewards).collect())
}

/// Saves an order's new status, with its event.
fn set(
    tx: &Tx<'_>,
    by: &Audit,
    mut order: Order,
    status: OrderStatus,
    kind: &str,
    at: Option<Timestamp>,
) -> Result<Order, ServiceError> {
    order.status = status;
    order.updated_at = tx.now();
    orders::set_status(tx, &order)?;
    events::record(tx, by, kind, order.id.as_str(), &facts(&order, at))?;
    Ok(order)
}

/// The data of an order's events: nothing about a person, because events are kept for ever.
pub(super) fn facts(order: &Order, at: Option<Timestamp>) -> serde_json::Value {
    json!({"amount": order.content.amount.get(), "currency": order.content.currency.as_str(),
           "refundedAmount": order.refunded_amount.get(), "imported": order.content.imported, "occurredAt": at})
}

fn find(tx: &Tx<'_>, id: &OrderId) -> Result<Order, ServiceError> {
    orders::find(tx, id)?.ok_or(ServiceError::NotFound("order"))
}

fn wrong_state(order: &Order, wanted: &str) -> ServiceError {
    let message = format!("the order is {} and cannot become {wanted}", order.status.as_str());
    ServiceError::conflict("order_state", message)
}
