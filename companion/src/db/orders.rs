//! Orders and their items.

use super::row::{get, json, stored, text, time, to_json};
use super::{Connection, DbError};
use crate::model::{Amount, Order, OrderBody, OrderStatus};
use flux_protocol::OrderId;
use rusqlite::{OptionalExtension, Row, params};

/// Saves an order as it now is, with its items.
pub fn put(tx: &Connection, order: &Order) -> Result<(), DbError> {
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
    put_items(tx, &order.id, &order.body)
}

fn put_items(tx: &Connection, id: &OrderId, body: &OrderBody) -> Result<(), DbError> {
    tx.prepare_cached("DELETE FROM order_items WHERE order_id = ?")?.execute([id.as_str()])?;
    let sql = "INSERT INTO order_items (order_id, position, package_id, quantity) VALUES (?, ?, ?, ?)";
    let mut statement = tx.prepare_cached(sql)?;
    for (position, item) in body.items.iter().enumerate() {
        statement.execute(params![id.as_str(), position as i64, item.package_id.as_str(), item.quantity.get()])?;
    }
    Ok(())
}

/// Saves what the storefront said of an order; what was bought stays.
pub fn set_status(tx: &Connection, order: &Order) -> Result<(), DbError> {
    let sql = "UPDATE orders SET status = ?, refunded_amount = ?, updated_at = ? WHERE id = ?";
    let refunded = i64::from(order.refunded_amount);
    let values = params![order.status.as_str(), refunded, stored(order.updated_at), order.id.as_str()];
    tx.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// The order with this id.
pub fn find(tx: &Connection, id: &OrderId) -> Result<Option<Order>, DbError> {
    let mut statement = tx.prepare_cached("SELECT * FROM orders WHERE id = ?")?;
    statement.query_row([id.as_str()], |row| Ok(order(row))).optional()?.transpose()
}

/// Orders with their places, newest first, before this place; of one status where one is given.
pub fn page(
    tx: &Connection,
    before: i64,
    status: Option<OrderStatus>,
    limit: u32,
) -> Result<Vec<(i64, Order)>, DbError> {
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
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
    })
}
