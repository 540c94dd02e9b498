//! Orders and their items.

use crate::value::TextList;
use crate::{Error, Row, Tx, Value, packages, params, to_json};
use flux_protocol::OrderId;
use flux_shop::{
    Amount, CustomerId, LeftOut, Order, OrderContent, OrderCustomer, OrderItem, OrderStatus, OrderTimes, Package,
    PackageId, Player, PutStatus, Quantity,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A stored item. Unknown fields are ignored and missing ones have their defaults, so that rows of other versions of this
/// program stay readable.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct ItemRow {
    package_id: String,
    quantity: u32,
}

impl From<&OrderItem> for ItemRow {
    fn from(item: &OrderItem) -> ItemRow {
        ItemRow { package_id: item.package_id.to_string(), quantity: item.quantity.get() }
    }
}

impl From<ItemRow> for OrderItem {
    fn from(row: ItemRow) -> OrderItem {
        OrderItem { package_id: PackageId::from_stored(row.package_id), quantity: Quantity::from_stored(row.quantity) }
    }
}

/// Saves an order as it now is, new or replaced.
pub fn put(tx: &Tx<'_>, order: &Order) -> Result<(), Error> {
    let sql =
        "INSERT INTO orders (id, status, customer_id, customer_email, customer_name, player_name, player_uuid, items,
                 amount, currency, refunded_amount, referral_code, imported, occurred_at, created_at, updated_at, paid_at,
                 left_out, checkout_session)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
               ON CONFLICT (id) DO UPDATE SET status = $2, customer_id = $3, customer_email = $4, customer_name = $5,
                 player_name = $6, player_uuid = $7, items = $8, amount = $9, currency = $10, refunded_amount = $11,
                 referral_code = $12, imported = $13, occurred_at = $14, updated_at = $16, paid_at = $17,
                 left_out = $18, checkout_session = $19";
    let OrderContent { customer, player, items, amount, currency, referral_code, imported, occurred_at, .. } =
        &order.content;
    let stored_items = to_json(&items.iter().map(ItemRow::from).collect::<Vec<_>>())?;
    tx.execute(
        sql,
        params![
            order.id,
            order.status,
            customer.id,
            customer.email,
            customer.name,
            player.name,
            player.uuid,
            stored_items,
            amount,
            currency,
            order.refunded_amount,
            referral_code,
            imported,
            occurred_at.map(|at| at.to_string()),
            order.created_at,
            order.updated_at,
            order.times.paid_at,
            left_out_column(order)?,
            order.content.checkout_session,
        ],
    )?;
    Ok(())
}

/// The servers that were left out, each with its package; null for none.
fn left_out_column(order: &Order) -> Result<Option<String>, Error> {
    let pairs: Vec<_> = order.left_out.iter().map(|one| (one.package.as_str(), one.server.as_str())).collect();
    (!pairs.is_empty()).then(|| to_json(&pairs)).transpose()
}

/// Saves which packages an order names that is not paid yet; those of an imported one may not exist.
pub fn put_items(tx: &Tx<'_>, order: &Order) -> Result<(), Error> {
    let (id, items) = (&order.id, &order.content.items);
    remove_items(tx, id)?;
    if order.content.imported {
        return Ok(());
    }
    let sql = "INSERT INTO order_items (order_id, position, package_id, quantity) VALUES ($1, $2, $3, $4)";
    let rows = (0i64..).zip(items).map(|(position, item)| {
        let package = Value::Text(item.package_id.as_str());
        [Value::Text(id.as_str()), Value::Integer(position), package, item.quantity.get().into()]
    });
    tx.execute_many(sql, rows)?;
    Ok(())
}

/// Forgets which packages an order names, once it is paid or cancelled.
pub fn remove_items(tx: &Tx<'_>, id: &OrderId) -> Result<(), Error> {
    tx.execute("DELETE FROM order_items WHERE order_id = $1", params![id])?;
    Ok(())
}

/// Saves an order's status, times and refunds; its content stays.
pub fn set_status(tx: &Tx<'_>, order: &Order) -> Result<(), Error> {
    let sql = "UPDATE orders SET status = $1, refunded_amount = $2, paid_at = $3, completed_at = $4, cancelled_at = $5,
               refunded_at = $6, charged_back_at = $7, updated_at = $8, left_out = $9 WHERE id = $10";
    let times = &order.times;
    tx.execute(
        sql,
        params![
            order.status,
            order.refunded_amount,
            times.paid_at,
            times.completed_at,
            times.cancelled_at,
            times.refunded_at,
            times.charged_back_at,
            order.updated_at,
            left_out_column(order)?,
            order.id,
        ],
    )?;
    Ok(())
}

/// Saves an order's player.
pub fn set_player(tx: &Tx<'_>, order: &Order) -> Result<(), Error> {
    let Player { name, uuid } = &order.content.player;
    let sql = "UPDATE orders SET player_name = $1, player_uuid = $2, updated_at = $3 WHERE id = $4";
    tx.execute(sql, params![name, uuid, order.updated_at, order.id])?;
    Ok(())
}

/// Stores the packages of a paid order that have refund or chargeback commands, as they are now.
pub fn snapshot_reversals(tx: &Tx<'_>, id: &OrderId, packages: &[Package]) -> Result<(), Error> {
    let sql = "INSERT INTO order_package_snapshots (order_id, position, package_id, name, price, currency, commands)
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    for (position, package) in (0i64..).zip(packages).filter(|(_, package)| package.has_reversal()) {
        let Package { id: package, content } = package;
        let commands = packages::commands(content)?;
        tx.execute(sql, params![id, position, package, content.name, content.price, content.currency, commands])?;
    }
    Ok(())
}

/// This package as it was when the order was paid, if it has refund or chargeback commands.
pub fn reversal_snapshot(tx: &Tx<'_>, id: &OrderId, package: &PackageId) -> Result<Option<Package>, Error> {
    let sql = "SELECT * FROM order_package_snapshots WHERE order_id = $1 AND package_id = $2";
    tx.one(sql, params![id, package], |row| packages::package(row, "package_id"))
}

/// Stores a refund; false if it was stored already.
pub fn add_refund(tx: &Tx<'_>, id: &OrderId, dedup_key: &str, amount: Amount, now: Timestamp) -> Result<bool, Error> {
    let sql =
        "INSERT INTO order_refunds (order_id, dedup_key, amount, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    Ok(tx.execute(sql, params![id, dedup_key, amount, now])? == 1)
}

/// A customer's orders.
pub fn of_customer(tx: &Tx<'_>, customer: &CustomerId) -> Result<Vec<Order>, Error> {
    tx.query("SELECT * FROM orders WHERE customer_id = $1", params![customer], order)
}

/// Replaces an order's customer and player by those of `order`, and marks it as anonymised.
pub fn forget(tx: &Tx<'_>, order: &Order, now: Timestamp) -> Result<(), Error> {
    let sql = "UPDATE orders SET customer_id = $1, customer_email = $2, customer_name = $3, player_name = $4,
               player_uuid = $5, referral_code = $6, anonymised_at = $7 WHERE id = $8";
    let OrderContent { customer, player, referral_code, .. } = &order.content;
    let values =
        params![customer.id, customer.email, customer.name, player.name, player.uuid, referral_code, now, order.id];
    tx.execute(sql, values)?;
    Ok(())
}

/// The order with this id.
pub fn find(tx: &Tx<'_>, id: &OrderId) -> Result<Option<Order>, Error> {
    tx.one("SELECT * FROM orders WHERE id = $1", params![id], order)
}

/// Those of these orders that were cancelled, refunded or charged back.
pub fn revoked<'a>(tx: &Tx<'_>, ids: impl IntoIterator<Item = &'a OrderId>) -> Result<BTreeMap<OrderId, Order>, Error> {
    let ids: BTreeSet<&str> = ids.into_iter().map(OrderId::as_str).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    // The index has only such orders: of all others, no row is read.
    let sql = "SELECT * FROM orders INDEXED BY orders_revoked WHERE id IN (SELECT value FROM json_each($1))
               AND (cancelled_at IS NOT NULL OR refunded_at IS NOT NULL OR charged_back_at IS NOT NULL)";
    let found = tx.query(sql, params![TextList::of(ids)?], order)?;
    let revoked = found.into_iter().filter(|order| order.times.is_revoked());
    Ok(revoked.map(|order| (order.id.clone(), order)).collect())
}

/// Orders with their numbers, newest first, before this number; of one status where one is given.
pub fn page(tx: &Tx<'_>, before: i64, status: Option<OrderStatus>, limit: u32) -> Result<Vec<(i64, Order)>, Error> {
    let read = |row: &Row<'_>| Ok((row.get("seq")?, order(row)?));
    match status {
        None => {
            let sql = "SELECT * FROM orders WHERE seq < $1 ORDER BY seq DESC LIMIT $2";
            tx.query(sql, params![before, limit], read)
        }
        Some(status) => {
            let sql = "SELECT * FROM orders WHERE status = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3";
            tx.query(sql, params![status, before, limit], read)
        }
    }
}

fn order(row: &Row<'_>) -> Result<Order, Error> {
    Ok(Order {
        id: row.get("id")?,
        content: content(row)?,
        status: row.get("status")?,
        refunded_amount: row.get("refunded_amount")?,
        left_out: left_out(row)?,
        times: OrderTimes {
            paid_at: row.get("paid_at")?,
            completed_at: row.get("completed_at")?,
            cancelled_at: row.get("cancelled_at")?,
            refunded_at: row.get("refunded_at")?,
            charged_back_at: row.get("charged_back_at")?,
            anonymised_at: row.get("anonymised_at")?,
        },
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

fn left_out(row: &Row<'_>) -> Result<Vec<LeftOut>, Error> {
    let pairs: Vec<(String, String)> = row.json_or_default("left_out")?;
    let pair = |(package, server): (String, String)| {
        let server = server.parse().map_err(|_| Error::BadRow("left_out"))?;
        Ok(LeftOut { package: PackageId::from_stored(package), server })
    };
    pairs.into_iter().map(pair).collect()
}

fn content(row: &Row<'_>) -> Result<OrderContent, Error> {
    let items: Vec<ItemRow> = row.json("items")?;
    Ok(OrderContent {
        customer: OrderCustomer {
            id: row.get("customer_id")?,
            email: row.get("customer_email")?,
            name: row.get("customer_name")?,
        },
        player: Player { name: row.get("player_name")?, uuid: row.get("player_uuid")? },
        items: items.into_iter().map(OrderItem::from).collect(),
        amount: row.get("amount")?,
        currency: row.get("currency")?,
        referral_code: row.get("referral_code")?,
        checkout_session: row.get("checkout_session")?,
        status: PutStatus::Created,
        imported: row.get("imported")?,
        occurred_at: row.parse_or_null("occurred_at")?,
    })
}
