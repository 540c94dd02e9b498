//! Orders: what the storefront says of them, and what that causes.

use super::{By, Refused, Wake, commands};
use crate::db::{Connection, commands as rows, orders, packages, servers};
use crate::model::{Amount, Order, OrderBody, OrderStatus, Package, PutStatus, TooManyCommands, expand, kind};
use flux_protocol::OrderId;
use serde_json::json;

/// `PUT /orders/{id}`: true if the order is new. The same again changes nothing; another body replaces an order that is not paid yet.
pub fn put(tx: &Connection, by: &By, id: &OrderId, body: OrderBody) -> Result<(bool, Wake), Refused> {
    let to_pay = body.status == PutStatus::Paid;
    let body = body.without_status();
    let before = orders::find(tx, id)?;
    let is_new = before.is_none();
    let order = match before {
        Some(order) if order.body == body => order,
        Some(order) if order.status != OrderStatus::Created => {
            let message = format!("the order is {} already, with another content", order.status.as_str());
            return Err(Refused::conflict("order_differs", message));
        }
        before => save(tx, by, id, body, before)?,
    };
    let wake = if to_pay && order.status == OrderStatus::Created { make_paid(tx, by, order)? } else { Wake::new() };
    Ok((is_new, wake))
}

fn save(tx: &Connection, by: &By, id: &OrderId, body: OrderBody, before: Option<Order>) -> Result<Order, Refused> {
    check(&body)?;
    let order = Order {
        id: id.clone(),
        body,
        status: OrderStatus::Created,
        refunded_amount: Amount::ZERO,
        created_at: before.as_ref().map_or(by.now, |before| before.created_at),
        updated_at: by.now,
    };
    packages_of(tx, &order)?;
    orders::put(tx, &order)?;
    let kind = if before.is_none() { kind::ORDER_CREATED } else { kind::ORDER_CHANGED };
    let data = json!({"customerId": order.body.customer.id, "amount": order.body.amount, "currency": order.body.currency,
                      "imported": order.body.imported});
    by.event(tx, kind, id.as_str(), &data)?;
    Ok(order)
}

fn check(body: &OrderBody) -> Result<(), Refused> {
    let most = crate::limits::ORDER_ITEMS;
    if !(1..=most).contains(&body.items.len()) {
        return Err(Refused::invalid("items", format!("must be 1 to {most} items")));
    }
    for (index, item) in body.items.iter().enumerate() {
        if body.items[..index].iter().any(|earlier| earlier.package_id == item.package_id) {
            let field = format!("items[{index}].packageId");
            return Err(Refused::invalid(field, "stands here a second time: raise the first one's quantity"));
        }
    }
    Ok(())
}

/// The packages of an order's items, in their order.
fn packages_of(tx: &Connection, order: &Order) -> Result<Vec<Package>, Refused> {
    let mut found = Vec::with_capacity(order.body.items.len());
    for (index, item) in order.body.items.iter().enumerate() {
        let package = packages::find(tx, &item.package_id)?;
        found.push(
            package.ok_or_else(|| Refused::invalid(format!("items[{index}].packageId"), "there is no such package"))?,
        );
    }
    Ok(found)
}

/// `POST …/paid`: makes the order's commands, once.
pub fn pay(tx: &Connection, by: &By, id: &OrderId) -> Result<Wake, Refused> {
    let order = find(tx, id)?;
    match order.status {
        OrderStatus::Created => make_paid(tx, by, order),
        OrderStatus::Paid | OrderStatus::Completed => Ok(Wake::new()),
        OrderStatus::Cancelled | OrderStatus::Refunded => Err(wrong_state(&order, "paid")),
    }
}

fn make_paid(tx: &Connection, by: &By, mut order: Order) -> Result<Wake, Refused> {
    let made = if order.body.imported {
        Vec::new()
    } else {
        let packages = packages_of(tx, &order)?;
        expand(&order, &packages, &servers::receiving(tx)?, by.now).map_err(|TooManyCommands| {
            let most = crate::limits::ORDER_COMMANDS;
            Refused::invalid(
                "items",
                format!("would make more than {most} commands: use {{quantity}} in the templates"),
            )
        })?
    };
    order.status = OrderStatus::Paid;
    order.updated_at = by.now;
    orders::set_status(tx, &order)?;
    let ids: Vec<_> = made.iter().map(|command| command.id.clone()).collect();
    let mut wake = Wake::new();
    for command in made {
        wake.insert(command.server_id.clone());
        commands::make(tx, by, command)?;
    }
    by.event(tx, kind::ORDER_PAID, order.id.as_str(), &json!({"commands": ids}))?;
    Ok(wake)
}

/// `POST …/completed`: the storefront is done with it.
pub fn complete(tx: &Connection, by: &By, id: &OrderId) -> Result<(), Refused> {
    let order = find(tx, id)?;
    match order.status {
        OrderStatus::Completed => Ok(()),
        OrderStatus::Paid => set(tx, by, order, OrderStatus::Completed, kind::ORDER_COMPLETED),
        _ => Err(wrong_state(&order, "completed")),
    }
}

/// `POST …/cancelled`: called off before it was paid.
pub fn cancel(tx: &Connection, by: &By, id: &OrderId) -> Result<(), Refused> {
    let order = find(tx, id)?;
    match order.status {
        OrderStatus::Cancelled => Ok(()),
        OrderStatus::Created => set(tx, by, order, OrderStatus::Cancelled, kind::ORDER_CANCELLED),
        _ => Err(wrong_state(&order, "cancelled (a paid one is refunded)")),
    }
}

/// `POST …/refunded`: `total` is what was paid back of this order so far, all of it unless said otherwise; so the same call
/// again changes nothing. Only a full refund cancels what has not run.
pub fn refund(tx: &Connection, by: &By, id: &OrderId, total: Option<Amount>) -> Result<Wake, Refused> {
    let mut order = find(tx, id)?;
    let total = total.unwrap_or(order.body.amount);
    if total > order.body.amount {
        return Err(Refused::invalid("refundedAmount", "is more than the order's amount"));
    }
    if !matches!(order.status, OrderStatus::Paid | OrderStatus::Completed | OrderStatus::Refunded) {
        return Err(wrong_state(&order, "refunded"));
    }
    if total < order.refunded_amount {
        let message = format!("{} were refunded already: the total cannot sink", order.refunded_amount.get());
        return Err(Refused::conflict("refund_sinks", message));
    }
    let is_full = total == order.body.amount;
    let was_full = order.status == OrderStatus::Refunded;
    if was_full || (total == order.refunded_amount && !is_full) {
        return Ok(Wake::new());
    }
    order.refunded_amount = total;
    let status = if is_full { OrderStatus::Refunded } else { order.status };
    set(tx, by, order, status, kind::ORDER_REFUNDED)?;
    if is_full { cancel_commands(tx, by, id) } else { Ok(Wake::new()) }
}

fn cancel_commands(tx: &Connection, by: &By, id: &OrderId) -> Result<Wake, Refused> {
    let mut wake = Wake::new();
    for command in rows::of_order(tx, id)?.into_iter().filter(|command| command.state.status.is_open()) {
        wake.insert(command.new.server_id.clone());
        commands::want_cancelled(tx, by, command, None)?;
    }
    Ok(wake)
}

fn set(tx: &Connection, by: &By, mut order: Order, status: OrderStatus, kind: &str) -> Result<(), Refused> {
    order.status = status;
    order.updated_at = by.now;
    orders::set_status(tx, &order)?;
    let data = json!({"amount": order.body.amount, "refundedAmount": order.refunded_amount});
    Ok(by.event(tx, kind, order.id.as_str(), &data)?)
}

fn find(tx: &Connection, id: &OrderId) -> Result<Order, Refused> {
    orders::find(tx, id)?.ok_or(Refused::NotFound("order"))
}

fn wrong_state(order: &Order, wanted: &str) -> Refused {
    let message = format!("the order is {} and cannot become {wanted}", order.status.as_str());
    Refused::conflict("order_state", message)
}
