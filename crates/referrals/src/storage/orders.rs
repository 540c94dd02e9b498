//! The rules' records of orders.

use super::{Ways, money, parsed_or_null, player};
use flux_protocol::OrderId;
use flux_referral_rules::{AttributionId, CustomerId, EmailKey, OrderRecord, Person};
use flux_shop::SessionId;
use flux_storage::{Error, Row, Tx, params};

/// A stored order.
#[derive(Debug, Clone)]
pub struct OrderRow {
    /// The order as the rules know it.
    pub record: OrderRecord,
    /// The buyer, if known.
    pub buyer: Option<Person>,
    /// The address of an otherwise unknown buyer.
    pub email: Option<EmailKey>,
    /// The referral code of the checkout.
    pub code: Option<String>,
    /// The checkout session, if its id is not the order's.
    pub session: Option<SessionId>,
    /// The attribution for which the order was evaluated.
    pub attribution: Option<AttributionId>,
    /// The reason for no reward, or for a refused code.
    pub reason: Option<String>,
}

impl OrderRow {
    /// An order without known facts.
    pub fn new(id: OrderId) -> OrderRow {
        OrderRow {
            record: OrderRecord::new(id),
            buyer: None,
            email: None,
            code: None,
            session: None,
            attribution: None,
            reason: None,
        }
    }
}

/// Saves the whole row.
pub fn put(tx: &Tx<'_>, order: &OrderRow) -> Result<(), Error> {
    let sql = "INSERT INTO referral_orders (id, customer_id, email, player_name, player_uuid, paid_at, amount, currency, completed_at,
                 reversal, reversed_at, refunded, imported, is_purchase, code, attribution_id, reason, session)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
               ON CONFLICT (id) DO UPDATE SET customer_id = $2, email = $3, player_name = $4, player_uuid = $5, paid_at = $6,
                 amount = $7, currency = $8, completed_at = $9, reversal = $10, reversed_at = $11, refunded = $12, imported = $13,
                 is_purchase = $14, code = $15, attribution_id = $16, reason = $17, session = $18";
    let OrderRow { record, buyer, .. } = order;
    let player = buyer.as_ref().and_then(|buyer| buyer.player.as_ref());
    tx.execute(
        sql,
        params![
            record.id.as_str(),
            record.buyer.as_ref().map(CustomerId::as_str),
            buyer.as_ref().map_or(order.email.as_ref(), |buyer| buyer.email.as_ref()).map(EmailKey::as_str),
            player.map(|player| &player.name),
            player.and_then(|player| player.uuid.as_ref()),
            record.paid.map(|(at, _)| at),
            record.paid.map(|(_, money)| money.amount()),
            record.paid.map(|(_, money)| money.currency().to_string()),
            record.completed_at,
            record.undone.map(|(reversal, _)| reversal.as_str()),
            record.undone.map(|(_, at)| at),
            record.refunded,
            record.is_imported,
            record.is_purchase(),
            order.code,
            order.attribution.as_ref().map(AttributionId::as_str),
            order.reason,
            order.session,
        ],
    )?;
    Ok(())
}

/// The order with this id.
pub fn find(tx: &Tx<'_>, id: &OrderId) -> Result<Option<OrderRow>, Error> {
    tx.one("SELECT * FROM referral_orders WHERE id = $1", params![id.as_str()], read)
}

/// The orders with this id or in this session; at most two.
pub fn of_session(tx: &Tx<'_>, session: &SessionId) -> Result<Vec<OrderId>, Error> {
    let sql =
        "SELECT id FROM referral_orders WHERE id = $1 UNION SELECT id FROM referral_orders WHERE session = $1 LIMIT 2";
    tx.query(sql, params![session], |row| row.get("id"))
}

/// Stores the session of an order, unless it has one.
pub fn set_session(tx: &Tx<'_>, id: &OrderId, session: &SessionId) -> Result<(), Error> {
    let sql = "UPDATE referral_orders SET session = $1 WHERE id = $2 AND session IS NULL";
    tx.execute(sql, params![session, id])?;
    Ok(())
}

/// Stores a refund; false if it was stored before.
pub fn add_refund(tx: &Tx<'_>, id: &OrderId, dedup_key: &str, amount: i64) -> Result<bool, Error> {
    let sql = "INSERT INTO referral_refunds (order_id, dedup_key, amount) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    Ok(tx.execute(sql, params![id.as_str(), dedup_key, amount])? == 1)
}

/// Returns whether an order was reported as completed.
pub fn has_completed(tx: &Tx<'_>) -> Result<bool, Error> {
    tx.exists("SELECT 1 FROM referral_orders WHERE completed_at IS NOT NULL LIMIT 1", params![])
}

/// Returns whether this customer has a purchase.
pub fn is_buyer(tx: &Tx<'_>, id: &CustomerId) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM referral_orders WHERE customer_id = $1 AND is_purchase LIMIT 1";
    tx.exists(sql, params![id.as_str()])
}

/// Returns whether the same person (D-23) has a purchase, another than this order if one is given.
pub fn has_bought(tx: &Tx<'_>, who: &Person, but: Option<&OrderId>) -> Result<bool, Error> {
    let ways = Ways::of(who, ["customer_id", "email", "player_uuid", "player_name"]);
    let place = ways.count() + 1;
    let part = format!("SELECT 1 FROM referral_orders WHERE {{way}} AND is_purchase AND id <> ${place}");
    let (sql, but) = (ways.union(&part), but.map_or("", OrderId::as_str));
    let mut params = ways.params();
    params.push(&but);
    tx.exists(&format!("{sql} LIMIT 1"), &params)
}

fn read(row: &Row<'_>) -> Result<OrderRow, Error> {
    let customer = row.get::<Option<String>>("customer_id")?.map(CustomerId::new);
    let email = row.get::<Option<String>>("email")?.as_deref().and_then(EmailKey::of);
    let player = player(row, "player_name", "player_uuid")?;
    let reversal = parsed_or_null(row, "reversal")?;
    Ok(OrderRow {
        buyer: customer.clone().map(|customer| Person { customer, email: email.clone(), player }),
        email: email.filter(|_| customer.is_none()),
        record: OrderRecord {
            id: row.get("id")?,
            buyer: customer,
            paid: row.get::<Option<_>>("paid_at")?.zip(money(row, "amount", "currency")?),
            completed_at: row.get("completed_at")?,
            undone: reversal.zip(row.get("reversed_at")?),
            refunded: row.get("refunded")?,
            is_imported: row.get("imported")?,
        },
        code: row.get("code")?,
        session: row.get("session")?,
        attribution: row.get::<Option<String>>("attribution_id")?.map(AttributionId::new),
        reason: row.get("reason")?,
    })
}
