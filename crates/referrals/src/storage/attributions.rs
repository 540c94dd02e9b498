//! The table of attributions.

use super::counters::{self, Counter, Delta, Success};
use super::{Ways, money, parsed, player, reason};
use flux_protocol::OrderId;
use flux_referral_rules::{
    Attribution, AttributionId, Code, CustomerId, Person, PositiveMoney, Purchase, Reason, RuleId, Status,
};
use flux_shop::SessionId;
use flux_storage::{Error, Param, Row, TextList, Tx, params};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// A stored attribution.
#[derive(Debug, Clone)]
pub struct AttributionRow {
    /// The sequence number.
    pub seq: i64,
    /// The attribution as the rules know it.
    pub attribution: Attribution,
    /// The reason for an order without a reward, if the status has no reason of its own.
    pub reason: Option<Reason>,
    /// The checkout session that the signup or the payment named.
    pub session: Option<SessionId>,
}

/// The stored details of a new attribution that the rules do not know.
#[derive(Debug, Clone)]
pub struct Extra<'a> {
    /// The referee's identities, by which the same person is found again (D-23).
    pub referee: &'a Person,
    /// The store's day of the bind.
    pub day: &'a str,
    /// The store's week of the bind.
    pub week: &'a str,
    /// Source and reference at the storefront.
    pub external: Option<(&'a str, &'a str)>,
}

/// Adds an attribution.
pub fn insert(tx: &Tx<'_>, row: &Attribution, extra: &Extra<'_>) -> Result<(), Error> {
    let sql = "INSERT INTO referral_attributions (id, code, referrer_id, referee_id, referee_email, referee_name, referee_uuid, channel,
               clicked_at, bound_at, registered_at, expires_at, status, external_source, external_ref, day, week, window_ends_at, valid_by)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)";
    let who = extra.referee;
    tx.execute(
        sql,
        params![
            row.id.as_str(),
            row.code.as_str(),
            row.referrer.as_str(),
            row.referee.as_str(),
            who.email.as_ref().map(|email| email.as_str()),
            who.player.as_ref().map(|player| &player.name),
            who.player.as_ref().and_then(|player| player.uuid.as_ref()),
            row.channel.as_str(),
            row.clicked_at,
            row.bound_at,
            row.registered_at,
            row.expires_at,
            row.status.as_str(),
            extra.external.map(|(source, _)| source),
            extra.external.map(|(_, reference)| reference),
            extra.day,
            extra.week,
            row.window_ends_at,
            row.valid_by.as_ref().map(RuleId::as_str),
        ],
    )?;
    counters::add(tx, &[Delta::of_day(row.status.as_str(), extra.day, 1)])
}

/// The counters that an attribution adds to.
struct Counted {
    status: String,
    day: String,
    success: Option<Success>,
    /// The counter and the amount of its revenue.
    revenue: Option<(String, i64)>,
}

fn success(row: &Row<'_>) -> Result<Success, Error> {
    Ok(Success { customer: row.get("referrer_id")?, week: row.get("week")?, bound_at: row.get("bound_at")? })
}

fn counted(row: &Row<'_>) -> Result<Counted, Error> {
    let status: String = row.get("status")?;
    let success = matches!(status.as_str(), "qualified" | "rewarded").then(|| success(row));
    let revenue = match row.get::<Option<String>>("currency")? {
        Some(currency) if status == "rewarded" => {
            let left = row.get::<i64>("amount")?.saturating_sub(row.get("refunded")?);
            Some((format!("revenue {currency}"), left.max(0)))
        }
        Some(_) | None => None,
    };
    Ok(Counted { status, day: row.get("day")?, success: success.transpose()?, revenue })
}

/// Adds the differences between what an attribution counted for and what it counts for now.
fn count(tx: &Tx<'_>, before: &Counted, after: &Counted) -> Result<(), Error> {
    let mut deltas = Vec::new();
    if before.status != after.status {
        deltas.push(Delta::of_day(&before.status, &before.day, -1));
        deltas.push(Delta::of_day(&after.status, &after.day, 1));
    }
    let change = i64::from(after.success.is_some()) - i64::from(before.success.is_some());
    if let (true, Some(success)) = (change != 0, after.success.as_ref().or(before.success.as_ref())) {
        counters::change_referrer(tx, &success.customer, 0, change)?;
        let counter = Counter::Successful(success.clone());
        deltas.push(Delta { counter, day: after.day.clone(), amount: change });
    }
    if before.revenue != after.revenue {
        let (taken, given) = (before.revenue.iter(), after.revenue.iter());
        deltas.extend(taken.map(|(counter, amount)| Delta::of_day(counter, &before.day, -amount)));
        deltas.extend(given.map(|(counter, amount)| Delta::of_day(counter, &after.day, *amount)));
    }
    counters::add(tx, &deltas)
}

/// Saves the mutable fields of an attribution, and counts the change.
pub fn update(tx: &Tx<'_>, row: &Attribution, why: Option<Reason>) -> Result<(), Error> {
    let stored = "SELECT * FROM referral_attributions WHERE id = $1";
    let before = tx.only(stored, params![row.id.as_str()], counted)?;
    let sql = "UPDATE referral_attributions SET registered_at = $1, status = $2, reason = $3, order_id = $4, amount = $5, currency = $6,
               refunded = $7, minimum = $8, minimum_currency = $9, expires_at = $10, valid_by = $11 WHERE id = $12";
    let purchase = row.purchase.as_ref();
    let minimum = purchase.and_then(|purchase| purchase.minimum);
    // The reason of a later order without a reward belongs to that order, not to a qualified attribution.
    let has_earned = matches!(row.status, Status::Qualified(_) | Status::Rewarded);
    let why = why.filter(|_| !has_earned);
    tx.execute(
        sql,
        params![
            row.registered_at,
            row.status.as_str(),
            row.status.reason().or(why).map(Reason::as_str),
            purchase.map(|purchase| purchase.order.as_str()),
            purchase.map(|purchase| purchase.amount.amount()),
            purchase.map(|purchase| purchase.amount.currency().to_string()),
            purchase.map_or(0, |purchase| purchase.refunded),
            minimum.map(PositiveMoney::amount),
            minimum.map(|minimum| minimum.currency().to_string()),
            row.expires_at,
            row.valid_by.as_ref().map(RuleId::as_str),
            row.id.as_str(),
        ],
    )?;
    count(tx, &before, &tx.only(stored, params![row.id.as_str()], counted)?)
}

/// Counts the registration of an attribution's referee as rewarded, once.
pub fn count_rewarded_registration(tx: &Tx<'_>, id: &AttributionId) -> Result<(), Error> {
    let sql =
        "UPDATE referral_attributions SET registration_rewarded = TRUE WHERE id = $1 AND NOT registration_rewarded";
    if tx.execute(sql, params![id.as_str()])? == 0 {
        return Ok(());
    }
    let read = |row: &Row<'_>| Ok((row.get::<String>("day")?, success(row)?));
    let (day, success) = tx.only("SELECT * FROM referral_attributions WHERE id = $1", params![id.as_str()], read)?;
    let of_referrer = Delta { counter: Counter::Registered(success), day: day.clone(), amount: 1 };
    counters::add(tx, &[Delta::of_day(counters::REGISTERED, &day, 1), of_referrer])
}

/// Updates the referee's identities in their attributions.
pub fn update_referee(tx: &Tx<'_>, who: &Person) -> Result<(), Error> {
    let sql = "UPDATE referral_attributions SET referee_email = coalesce($1, referee_email), referee_name = coalesce($2, referee_name),
               referee_uuid = coalesce($3, referee_uuid) WHERE referee_id = $4";
    tx.execute(
        sql,
        params![
            who.email.as_ref().map(|email| email.as_str()),
            who.player.as_ref().map(|player| &player.name),
            who.player.as_ref().and_then(|player| player.uuid.as_ref()),
            who.customer.as_str(),
        ],
    )?;
    Ok(())
}

/// Removes a player's name from the attributions of a referee whose player it is not.
pub fn clear_player_name(tx: &Tx<'_>, referee: &CustomerId, name: &str) -> Result<(), Error> {
    let sql = "UPDATE referral_attributions SET referee_name = NULL
               WHERE referee_id = $1 AND lower(referee_name) = lower($2) AND referee_uuid IS NULL";
    tx.execute(sql, params![referee.as_str(), name])?;
    Ok(())
}

/// Moves an attribution to another id of the same referee.
pub fn set_referee(tx: &Tx<'_>, id: &AttributionId, who: &CustomerId) -> Result<(), Error> {
    tx.execute("UPDATE referral_attributions SET referee_id = $1 WHERE id = $2", params![who.as_str(), id.as_str()])?;
    Ok(())
}

/// The attribution with this id.
pub fn find(tx: &Tx<'_>, id: &AttributionId) -> Result<Option<AttributionRow>, Error> {
    one(tx, "SELECT * FROM referral_attributions WHERE id = $1", id.as_str())
}

/// The attribution that this order qualified.
pub fn qualified_by(tx: &Tx<'_>, order: &OrderId) -> Result<Option<AttributionRow>, Error> {
    one(tx, "SELECT * FROM referral_attributions WHERE order_id = $1", order.as_str())
}

/// The attribution with this external reference.
pub fn external(tx: &Tx<'_>, source: &str, reference: &str) -> Result<Option<AttributionRow>, Error> {
    let sql = "SELECT * FROM referral_attributions WHERE external_source = $1 AND external_ref = $2";
    tx.one(sql, params![source, reference], read)
}

/// The attributions in this session that may still qualify, oldest first; at most two.
pub fn of_session(tx: &Tx<'_>, session: &SessionId) -> Result<Vec<AttributionRow>, Error> {
    let sql = "SELECT * FROM referral_attributions WHERE session = $1 AND status IN ('pending', 'expired') ORDER BY seq LIMIT 2";
    tx.query(sql, params![session], read)
}

/// Stores the session that a signup names, as long as no order has qualified the attribution, or the session of that order.
pub fn set_session(tx: &Tx<'_>, id: &AttributionId, session: &SessionId) -> Result<(), Error> {
    let sql = "UPDATE referral_attributions SET session = $1
               WHERE id = $2 AND (session IS NULL OR status IN ('pending', 'expired'))";
    tx.execute(sql, params![session, id.as_str()])?;
    Ok(())
}

/// Returns whether a forgotten referee had the mailbox with this hash.
pub fn was_forgotten(tx: &Tx<'_>, hash: &[u8]) -> Result<bool, Error> {
    tx.exists("SELECT 1 FROM referral_attributions WHERE referee_hash = $1 LIMIT 1", params![hash])
}

/// The newest attribution of this person as a referee: by customer, address or player (D-23), each with an index.
pub fn latest_of(tx: &Tx<'_>, who: &Person) -> Result<Option<AttributionRow>, Error> {
    let ways = Ways::of(who, ["referee_id", "referee_email", "referee_uuid", "referee_name"]);
    let found = ways
        .union("SELECT * FROM (SELECT * FROM referral_attributions WHERE {way} ORDER BY seq DESC LIMIT 1) AS newest");
    tx.one(&format!("{found} ORDER BY seq DESC LIMIT 1"), &ways.params(), read)
}

/// The customer's attribution with the stored status `pending`; there is at most one.
pub fn pending_of(tx: &Tx<'_>, referee: &CustomerId) -> Result<Option<AttributionRow>, Error> {
    one(tx, "SELECT * FROM referral_attributions WHERE referee_id = $1 AND status = 'pending'", referee.as_str())
}

/// Returns whether the first customer has referred the second.
pub fn exists(tx: &Tx<'_>, referrer: &CustomerId, referee: &CustomerId) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM referral_attributions WHERE referrer_id = $1 AND referee_id = $2 LIMIT 1";
    tx.exists(sql, params![referrer.as_str(), referee.as_str()])
}

/// Counts the referrer's other referees who registered from `start` to before `end`, up to `most`.
pub fn registered_between(
    tx: &Tx<'_>,
    referrer: &CustomerId,
    but: &AttributionId,
    (start, end): (Timestamp, Timestamp),
    most: u32,
) -> Result<u32, Error> {
    let sql = "SELECT count(*) AS total FROM (SELECT 1 FROM referral_attributions
               WHERE referrer_id = $1 AND registered_at >= $2 AND registered_at < $3 AND id <> $4 LIMIT $5) AS counted";
    let values = params![referrer.as_str(), start, end, but.as_str(), most];
    tx.only(sql, values, |row| row.get("total"))
}

/// The attributions that one of these orders qualified and that have a reward without a due time.
pub fn waiting_for_completion(tx: &Tx<'_>, orders: &BTreeSet<&OrderId>) -> Result<Vec<AttributionRow>, Error> {
    let sql = "SELECT * FROM referral_attributions AS a WHERE order_id IN (SELECT value FROM json_each($1))
               AND EXISTS (SELECT 1 FROM referral_grants AS g
                 WHERE g.attribution_id = a.id AND g.status = 'scheduled' AND g.due_at IS NULL)";
    tx.query(sql, params![TextList::of(orders.iter().map(|order| order.as_str()))?], read)
}

/// Pending attributions with a deadline before `now`, up to `limit`.
pub fn to_expire(tx: &Tx<'_>, now: Timestamp, limit: u32) -> Result<Vec<AttributionRow>, Error> {
    let sql =
        "SELECT * FROM referral_attributions WHERE status = 'pending' AND expires_at < $1 ORDER BY expires_at LIMIT $2";
    tx.query(sql, params![now, limit], read)
}

/// A filter for attributions. All given conditions must hold.
#[derive(Debug, Clone)]
pub struct Filter {
    /// The status.
    pub status: Option<&'static str>,
    /// The referrer.
    pub referrer: Option<String>,
    /// The referee.
    pub referee: Option<String>,
    /// The time for which the status is derived, independent of sweeps (D-16).
    pub now: Timestamp,
}

/// Attributions before this sequence number, newest first.
pub fn page(tx: &Tx<'_>, before: i64, filter: &Filter, limit: u32) -> Result<Vec<AttributionRow>, Error> {
    let mut sql = "SELECT * FROM referral_attributions WHERE seq < $1".to_owned();
    let mut values: Vec<&dyn Param> = vec![&before];
    let mut add = |condition: &str, value| {
        values.push(value);
        sql.push_str(&condition.replace("{}", &values.len().to_string()));
    };
    match &filter.status {
        Some("pending") => add(" AND status = 'pending' AND (expires_at IS NULL OR expires_at >= ${})", &filter.now),
        Some("expired") => {
            add(" AND status IN ('expired', 'pending') AND (status = 'expired' OR expires_at < ${})", &filter.now);
        }
        Some(status) => add(" AND status = ${}", status),
        None => {}
    }
    if let Some(referrer) = &filter.referrer {
        add(" AND referrer_id = ${}", referrer);
    }
    if let Some(referee) = &filter.referee {
        add(" AND referee_id = ${}", referee);
    }
    add(" ORDER BY seq DESC LIMIT ${}", &limit);
    tx.query(&sql, &values, read)
}

fn one(tx: &Tx<'_>, sql: &str, value: &str) -> Result<Option<AttributionRow>, Error> {
    tx.one(sql, params![value], read)
}

fn read(row: &Row<'_>) -> Result<AttributionRow, Error> {
    let why = reason(row, "reason")?;
    let status = Status::from_stored(&row.get::<String>("status")?, why).ok_or(Error::BadRow("status"))?;
    Ok(AttributionRow {
        seq: row.get("seq")?,
        attribution: Attribution {
            id: AttributionId::new(row.get::<String>("id")?),
            code: Code::parse(&row.get::<String>("code")?).map_err(|_| Error::BadRow("code"))?,
            referrer: CustomerId::new(row.get::<String>("referrer_id")?),
            referee: CustomerId::new(row.get::<String>("referee_id")?),
            channel: parsed(row, "channel")?,
            clicked_at: row.get("clicked_at")?,
            bound_at: row.get("bound_at")?,
            registered_at: row.get("registered_at")?,
            window_ends_at: row.get("window_ends_at")?,
            valid_by: row.get::<Option<String>>("valid_by")?.map(RuleId::new),
            expires_at: row.get("expires_at")?,
            status,
            purchase: purchase(row)?,
        },
        reason: why,
        session: row.get("session")?,
    })
}

fn purchase(row: &Row<'_>) -> Result<Option<Purchase>, Error> {
    let (Some(order), Some(amount)) = (row.get("order_id")?, money(row, "amount", "currency")?) else {
        return Ok(None);
    };
    let minimum = money(row, "minimum", "minimum_currency")?;
    let minimum = minimum.map(|money| PositiveMoney::new(money.amount(), money.currency())).transpose();
    let minimum = minimum.map_err(|_| Error::BadRow("minimum"))?;
    Ok(Some(Purchase { order, amount, refunded: row.get("refunded")?, minimum }))
}

/// The referee's stored identities.
pub fn referee(tx: &Tx<'_>, id: &AttributionId) -> Result<Option<Person>, Error> {
    let sql = "SELECT * FROM referral_attributions WHERE id = $1";
    let read = |row: &Row<'_>| -> Result<Person, Error> {
        let email: Option<String> = row.get("referee_email")?;
        Ok(Person {
            customer: CustomerId::new(row.get::<String>("referee_id")?),
            email: email.as_deref().and_then(flux_referral_rules::EmailKey::of),
            player: player(row, "referee_name", "referee_uuid")?,
        })
    };
    tx.one(sql, params![id.as_str()], read)
}
