//! Attributions: who brought whom, and what came of it.

use super::{money, player, reason, ways, word};
use flux_protocol::OrderId;
use flux_referral_rules::{
    Attribution, AttributionId, Code, CustomerId, Door, Person, PositiveMoney, Purchase, Reason, Status,
};
use flux_storage::row::{get, stored, text_or_null, time, time_or_null};
use flux_storage::{DbError, Tx};
use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{OptionalExtension, Params, Row, params, params_from_iter};

/// An attribution as it is kept.
#[derive(Debug, Clone)]
pub struct AttributionRow {
    /// Its place.
    pub seq: i64,
    /// What the rules know of it.
    pub attribution: Attribution,
    /// Why an order has earned nothing, where the status has no reason of its own.
    pub reason: Option<Reason>,
}

/// A new attribution's place in the calendar, and what the storefront calls it.
#[derive(Debug, Clone)]
pub struct Extra<'a> {
    /// The friend, as they were found again (D-23).
    pub referee: &'a Person,
    /// The store's day of the bind.
    pub day: &'a str,
    /// Its week.
    pub week: &'a str,
    /// Source and reference at the storefront.
    pub external: Option<(&'a str, &'a str)>,
}

/// Adds one.
pub fn insert(tx: &Tx<'_>, row: &Attribution, extra: &Extra<'_>) -> Result<(), DbError> {
    let sql = "INSERT INTO referral_attributions (id, code, referrer_id, referee_id, referee_email, referee_name, referee_uuid, channel,
               clicked_at, bound_at, registered_at, expires_at, status, external_source, external_ref, day, week)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let who = extra.referee;
    tx.prepare_cached(sql)?.execute(params![
        row.id.as_str(),
        row.code.as_str(),
        row.referrer.as_str(),
        row.referee.as_str(),
        who.email.as_ref().map(|email| email.as_str()),
        who.player.as_ref().map(|player| &player.name),
        who.player.as_ref().and_then(|player| player.uuid.as_ref()),
        row.door.as_str(),
        row.clicked_at.map(stored),
        stored(row.bound_at),
        row.registered_at.map(stored),
        row.expires_at.map(stored),
        row.status.as_str(),
        extra.external.map(|(source, _)| source),
        extra.external.map(|(_, reference)| reference),
        extra.day,
        extra.week,
    ])?;
    Ok(())
}

/// Saves what of one can change.
pub fn update(tx: &Tx<'_>, row: &Attribution, why: Option<Reason>) -> Result<(), DbError> {
    let sql = "UPDATE referral_attributions SET registered_at = ?, status = ?, reason = ?, order_id = ?, amount = ?, currency = ?,
               refunded = ?, minimum = ?, minimum_currency = ? WHERE id = ?";
    let purchase = row.purchase.as_ref();
    let minimum = purchase.and_then(|purchase| purchase.minimum);
    // Why a later order has earned nothing is that order's, not one's that has.
    let has_earned = matches!(row.status, Status::Qualified(_) | Status::Rewarded);
    let why = why.filter(|_| !has_earned);
    tx.prepare_cached(sql)?.execute(params![
        row.registered_at.map(stored),
        row.status.as_str(),
        row.status.reason().or(why).map(Reason::as_str),
        purchase.map(|purchase| purchase.order.as_str()),
        purchase.map(|purchase| purchase.amount.amount()),
        purchase.map(|purchase| purchase.amount.currency().to_string()),
        purchase.map_or(0, |purchase| purchase.refunded),
        minimum.map(PositiveMoney::amount),
        minimum.map(|minimum| minimum.currency().to_string()),
        row.id.as_str(),
    ])?;
    Ok(())
}

/// Saves who a friend is by now, on what binds them.
pub fn know_referee(tx: &Tx<'_>, who: &Person) -> Result<(), DbError> {
    let sql = "UPDATE referral_attributions SET referee_email = coalesce(?, referee_email), referee_name = coalesce(?, referee_name),
               referee_uuid = coalesce(?, referee_uuid) WHERE referee_id = ?";
    tx.prepare_cached(sql)?.execute(params![
        who.email.as_ref().map(|email| email.as_str()),
        who.player.as_ref().map(|player| &player.name),
        who.player.as_ref().and_then(|player| player.uuid.as_ref()),
        who.customer.as_str(),
    ])?;
    Ok(())
}

/// The same friend under another id.
pub fn set_referee(tx: &Tx<'_>, id: &AttributionId, who: &CustomerId) -> Result<(), DbError> {
    tx.prepare_cached("UPDATE referral_attributions SET referee_id = ? WHERE id = ?")?
        .execute([who.as_str(), id.as_str()])?;
    Ok(())
}

/// The one with this id.
pub fn find(tx: &Tx<'_>, id: &AttributionId) -> Result<Option<AttributionRow>, DbError> {
    one(tx, "SELECT * FROM referral_attributions WHERE id = ?", [id.as_str()])
}

/// The one that this order has made qualify.
pub fn fed_by(tx: &Tx<'_>, order: &OrderId) -> Result<Option<AttributionRow>, DbError> {
    one(tx, "SELECT * FROM referral_attributions WHERE order_id = ?", [order.as_str()])
}

/// The one that the storefront calls so.
pub fn external(tx: &Tx<'_>, source: &str, reference: &str) -> Result<Option<AttributionRow>, DbError> {
    let sql = "SELECT * FROM referral_attributions WHERE external_source = ? AND external_ref = ?";
    one(tx, sql, [source, reference])
}

/// The newest one of this person as a friend: the same customer, address or player (D-23). Each way has its index.
pub fn latest_of(tx: &Tx<'_>, who: &Person) -> Result<Option<AttributionRow>, DbError> {
    let mut newest: Option<AttributionRow> = None;
    for (way, value) in ways(who, ["referee_id", "referee_email", "referee_uuid", "referee_name"]) {
        let sql = format!("SELECT * FROM referral_attributions WHERE {way} ORDER BY seq DESC LIMIT 1");
        let found = one(tx, &sql, [value])?;
        newest = [newest, found].into_iter().flatten().max_by_key(|row| row.seq);
    }
    Ok(newest)
}

/// The one of this customer that is written down as pending: there is at most one.
pub fn pending_of(tx: &Tx<'_>, referee: &CustomerId) -> Result<Option<AttributionRow>, DbError> {
    one(tx, "SELECT * FROM referral_attributions WHERE referee_id = ? AND status = 'pending'", [referee.as_str()])
}

/// Whether one has brought the other.
pub fn exists(tx: &Tx<'_>, referrer: &CustomerId, referee: &CustomerId) -> Result<bool, DbError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM referral_attributions WHERE referrer_id = ? AND referee_id = ?)";
    Ok(tx.prepare_cached(sql)?.query_row([referrer.as_str(), referee.as_str()], |row| row.get(0))?)
}

/// How many friends of this referrer, but for one, have registered from `start` to before `end`; at most `most` are counted.
pub fn registered_between(
    tx: &Tx<'_>,
    referrer: &CustomerId,
    but: &AttributionId,
    (start, end): (Timestamp, Timestamp),
    most: u32,
) -> Result<u32, DbError> {
    let sql = "SELECT count(*) FROM (SELECT 1 FROM referral_attributions
               WHERE referrer_id = ? AND registered_at >= ? AND registered_at < ? AND id <> ? LIMIT ?)";
    let values = params![referrer.as_str(), stored(start), stored(end), but.as_str(), most];
    Ok(tx.prepare_cached(sql)?.query_row(values, |row| row.get(0))?)
}

/// Some of those whose time ran out before `now` and that are not written down as such.
pub fn to_expire(tx: &Tx<'_>, now: Timestamp, limit: u32) -> Result<Vec<AttributionRow>, DbError> {
    let sql =
        "SELECT * FROM referral_attributions WHERE status = 'pending' AND expires_at < ? ORDER BY expires_at LIMIT ?";
    tx.prepare_cached(sql)?.query_and_then(params![stored(now), limit], read)?.collect()
}

/// Which attributions people want to see. All that is given must hold.
#[derive(Debug, Clone)]
pub struct Filter {
    /// The status's word.
    pub status: Option<&'static str>,
    /// Who brought the friend.
    pub referrer: Option<String>,
    /// The friend.
    pub referee: Option<String>,
    /// The moment as of which the status is meant: no sweep is waited for (D-16).
    pub now: Timestamp,
}

/// Attributions, newest first, before this place.
pub fn page(tx: &Tx<'_>, before: i64, filter: &Filter, limit: u32) -> Result<Vec<AttributionRow>, DbError> {
    let mut sql = "SELECT * FROM referral_attributions WHERE seq < ?".to_owned();
    let mut values = vec![Value::Integer(before)];
    let now = stored(filter.now);
    match filter.status {
        Some("pending") => {
            sql.push_str(" AND status = 'pending' AND (expires_at IS NULL OR expires_at >= ?)");
            values.push(Value::Integer(now));
        }
        Some("expired") => {
            sql.push_str(" AND status IN ('expired', 'pending') AND (status = 'expired' OR expires_at < ?)");
            values.push(Value::Integer(now));
        }
        _ => {}
    }
    let other = filter.status.filter(|status| !["pending", "expired"].contains(status));
    let conditions = [
        (" AND status = ?", other.map(str::to_owned)),
        (" AND referrer_id = ?", filter.referrer.clone()),
        (" AND referee_id = ?", filter.referee.clone()),
    ];
    for (condition, value) in conditions {
        if let Some(value) = value {
            sql.push_str(condition);
            values.push(Value::Text(value));
        }
    }
    sql.push_str(" ORDER BY seq DESC LIMIT ?");
    values.push(Value::Integer(limit.into()));
    tx.prepare_cached(&sql)?.query_and_then(params_from_iter(values), read)?.collect()
}

fn one(tx: &Tx<'_>, sql: &str, values: impl Params) -> Result<Option<AttributionRow>, DbError> {
    tx.prepare_cached(sql)?.query_row(values, |row| Ok(read(row))).optional()?.transpose()
}

fn read(row: &Row<'_>) -> Result<AttributionRow, DbError> {
    let why = reason(row, "reason")?;
    let status = Status::from_words(&get::<String>(row, "status")?, why).ok_or(DbError::BadRow("status"))?;
    Ok(AttributionRow {
        seq: get(row, "seq")?,
        attribution: Attribution {
            id: AttributionId::new(get::<String>(row, "id")?),
            code: Code::parse(&get::<String>(row, "code")?).map_err(|_| DbError::BadRow("code"))?,
            referrer: CustomerId::new(get::<String>(row, "referrer_id")?),
            referee: CustomerId::new(get::<String>(row, "referee_id")?),
            door: word(row, "channel", Door::from_word)?,
            clicked_at: time_or_null(row, "clicked_at")?,
            bound_at: time(row, "bound_at")?,
            registered_at: time_or_null(row, "registered_at")?,
            expires_at: time_or_null(row, "expires_at")?,
            status,
            purchase: purchase(row)?,
        },
        reason: why,
    })
}

fn purchase(row: &Row<'_>) -> Result<Option<Purchase>, DbError> {
    let (Some(order), Some(amount)) = (text_or_null(row, "order_id")?, money(row, "amount", "currency")?) else {
        return Ok(None);
    };
    let minimum = money(row, "minimum", "minimum_currency")?;
    let minimum = minimum.map(|money| PositiveMoney::new(money.amount(), money.currency())).transpose();
    let minimum = minimum.map_err(|_| DbError::BadRow("minimum"))?;
    Ok(Some(Purchase { order, amount, refunded: get(row, "refunded")?, minimum }))
}

/// The friend's player and address, as the row has them.
pub fn referee(tx: &Tx<'_>, id: &AttributionId) -> Result<Option<Person>, DbError> {
    let sql = "SELECT * FROM referral_attributions WHERE id = ?";
    let read = |row: &Row<'_>| -> Result<Person, DbError> {
        let email: Option<String> = get(row, "referee_email")?;
        Ok(Person {
            customer: CustomerId::new(get::<String>(row, "referee_id")?),
            email: email.as_deref().and_then(flux_referral_rules::EmailKey::of),
            player: player(row, "referee_name", "referee_uuid")?,
        })
    };
    tx.prepare_cached(sql)?.query_row([id.as_str()], |row| Ok(read(row))).optional()?.transpose()
}
