//! Orders and their items.

use super::row::{get, json, stored, text, time, time_or_null, to_json};
use super::{DbError, Tx};
use flux_protocol::OrderId;
use flux_shop::{Amount, CustomerId, Order, OrderBody, OrderStatus, OrderTimes, Package, PackageId};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

/// Saves an order as it now is, with its items; those of an imported one may be packages that are no more.
pub fn put(tx: &Tx<'_>, order: &Order) -> Result<(), DbError> {
    let sql = "INSERT INTO orders (id, body, customer_id, status, refunded_amount, created_at, updated_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
               ON CONFLICT (id) DO UPDATE SET body = ?2, customer_id = ?3, status = ?4, refunded_amount = ?5, updated_at = ?7";
    tx.prepare_cached(sql)?.execute(params![
        order.id.as_str(),
        to_json(&order.body)?,
        order.body.customer.id.as_str(),
        order.status.as_str(),
        i64::from(order.refunded_amount),
        stored(order.created_at),
        stored(order.updated_at),
    ])?;
    if order.body.imported { Ok(()) } else { put_items(tx, &order.id, &order.body) }
}

fn put_items(tx: &Tx<'_>, id: &OrderId, body: &OrderBody) -> Result<(), DbError> {
    tx.prepare_cached("DELETE FROM order_items WHERE order_id = ?")?.execute([id.as_str()])?;
    let sql = "INSERT INTO order_items (order_id, position, package_id, quantity) VALUES (?, ?, ?, ?)";
    let mut statement = tx.prepare_cached(sql)?;
    for (position, item) in body.items.iter().enumerate() {
        statement.execute(params![id.as_str(), position as i64, item.package_id.as_str(), item.quantity.get()])?;
    }
    Ok(())
}

/// Saves what the storefront said of an order; what was bought stays.
pub fn set_status(tx: &Tx<'_>, order: &Order) -> Result<(), DbError> {
    let sql = "UPDATE orders SET status = ?, refunded_amount = ?, paid_at = ?, completed_at = ?, cancelled_at = ?,
               refunded_at = ?, charged_back_at = ?, updated_at = ? WHERE id = ?";
    let times = &order.times;
    tx.prepare_cached(sql)?.execute(params![
        order.status.as_str(),
        i64::from(order.refunded_amount),
        times.paid_at.map(stored),
        times.completed_at.map(stored),
        times.cancelled_at.map(stored),
        times.refunded_at.map(stored),
        times.charged_back_at.map(stored),
        stored(order.updated_at),
        order.id.as_str(),
    ])?;
    Ok(())
}

/// Keeps the packages of a paid order that take something back, as they are now.
pub fn keep_take_backs(tx: &Tx<'_>, id: &OrderId, packages: &[Package]) -> Result<(), DbError> {
    let sql = "INSERT INTO order_take_backs (order_id, position, package_id, body) VALUES (?, ?, ?, ?)";
    for (position, package) in packages.iter().enumerate().filter(|(_, package)| package.takes_back()) {
        let values = params![id.as_str(), position as i64, package.id.as_str(), to_json(&package.body)?];
        tx.prepare_cached(sql)?.execute(values)?;
    }
    Ok(())
}

/// This package as it was when the order was paid, if it takes something back.
pub fn take_back(tx: &Tx<'_>, id: &OrderId, package: &PackageId) -> Result<Option<Package>, DbError> {
    let sql = "SELECT package_id, body FROM order_take_backs WHERE order_id = ? AND package_id = ?";
    let read = |row: &Row<'_>| -> Result<Package, DbError> {
        Ok(Package { id: text(row, "package_id")?, body: json(row, "body")? })
    };
    let mut statement = tx.prepare_cached(sql)?;
    statement.query_row([id.as_str(), package.as_str()], |row| Ok(read(row))).optional()?.transpose()
}

/// Keeps a refund; false if it was kept already.
pub fn add_refund(tx: &Tx<'_>, id: &OrderId, word: &str, amount: Amount, now: Timestamp) -> Result<bool, DbError> {
    let sql = "INSERT INTO order_refunds (order_id, word, amount, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING";
    Ok(tx.prepare_cached(sql)?.execute(params![id.as_str(), word, i64::from(amount), stored(now)])? == 1)
}

/// A customer's orders.
pub fn of_customer(tx: &Tx<'_>, customer: &CustomerId) -> Result<Vec<Order>, DbError> {
    tx.prepare_cached("SELECT * FROM orders WHERE customer_id = ?")?
        .query_and_then([customer.as_str()], order)?
        .collect()
}

/// Saves an order's body without its customer and player.
pub fn forget(tx: &Tx<'_>, order: &Order, now: Timestamp) -> Result<(), DbError> {
    let sql = "UPDATE orders SET body = ?, customer_id = ?, anonymised_at = ? WHERE id = ?";
    let values = params![to_json(&order.body)?, order.body.customer.id.as_str(), stored(now), order.id.as_str()];
    tx.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// The order with this id.
pub fn find(tx: &Tx<'_>, id: &OrderId) -> Result<Option<Order>, DbError> {
    let mut statement = tx.prepare_cached("SELECT * FROM orders WHERE id = ?")?;
    statement.query_row([id.as_str()], |row| Ok(order(row))).optional()?.transpose()
}

/// Orders with their places, newest first, before this place; of one status where one is given.
pub fn page(tx: &Tx<'_>, before: i64, status: Option<OrderStatus>, limit: u32) -> Result<Vec<(i64, Order)>, DbError> {
    let read = |row: &Row<'_>| Ok::<_, DbError>((get(row, "seq")?, order(row)?));
    match status {
        None => {
            let sql = "SELECT * FROM orders WHERE seq < ? ORDER BY seq DESC LIMIT ?";
            tx.prepare_cached(sql)?.query_and_then(params![before, limit], read)?.collect()
        }
        Some(status) => {
            let sql = "SELECT * FROM orders WHERE status = ? AND seq < ? ORDER BY seq DESC LIMIT ?";
            tx.prepare_cached(sql)?.query_and_then(params![status.as_str(), before, limit], read)?.collect()
        }
    }
}

fn order(row: &Row<'_>) -> Result<Order, DbError> {
    let refunded: i64 = get(row, "refunded_amount")?;
    Ok(Order {
        id: text(row, "id")?,
        body: json(row, "body")?,
        status: OrderStatus::from_word(&get::<String>(row, "status")?).ok_or(DbError::BadRow("status"))?,
        refunded_amount: Amount::try_from(refunded).map_err(|_| DbError::BadRow("refunded_amount"))?,
        times: OrderTimes {
            paid_at: time_or_null(row, "paid_at")?,
            completed_at: time_or_null(row, "completed_at")?,
            cancelled_at: time_or_null(row, "cancelled_at")?,
            refunded_at: time_or_null(row, "refunded_at")?,
            charged_back_at: time_or_null(row, "charged_back_at")?,
            anonymised_at: time_or_null(row, "anonymised_at")?,
        },
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
    })
}
