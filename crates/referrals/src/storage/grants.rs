//! Grants, with the discount codes that came with them.

use super::{reason, word};
use crate::model::{TermsDoc, discount_id, grant_id};
use flux_protocol::OrderId;
use flux_referral_rules::{
    AttributionId, Benefit, Code, Coupon, CustomerId, Discount, Grant, GrantKey, GrantStatus, Issue, RewardLine, Side,
    Trigger,
};
use flux_shop::GrantId;
use flux_storage::row::{get, json, stored, text, time_or_null, to_json};
use flux_storage::{DbError, Tx};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Params, Row, params};

/// A grant as it is kept.
#[derive(Debug, Clone)]
pub struct GrantRow {
    /// Its place.
    pub seq: i64,
    /// Its id.
    pub id: GrantId,
    /// What the rules know of it.
    pub grant: Grant,
    /// Its discount's id and code.
    pub discount: Option<(String, Code)>,
}

impl GrantRow {
    /// The discount code, for the rules.
    pub fn coupon(&self) -> Option<Coupon> {
        let (_, code) = self.discount.as_ref()?;
        Some(Coupon { code: code.clone(), grant: self.grant.clone() })
    }
}

/// Saves a grant, new or changed; its discount code stays.
pub fn put(tx: &Tx<'_>, grant: &Grant) -> Result<(), DbError> {
    let sql =
        "INSERT INTO referral_grants (id, attribution_id, side, trigger, customer_id, terms, status, due_at, issued_at,
               expires_at, used_order, skipped) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
               ON CONFLICT (attribution_id, side, trigger) DO UPDATE SET status = ?7, due_at = ?8, issued_at = ?9,
               expires_at = ?10, used_order = ?11, skipped = ?12";
    let (mut due_at, mut issue, mut used, mut skipped) = (None, None, None, None);
    match &grant.status {
        GrantStatus::Scheduled { due_at: at } => due_at = at.map(stored),
        GrantStatus::Used(of, order) => (issue, used) = (Some(*of), Some(order.as_str())),
        GrantStatus::Issued(of) | GrantStatus::Expired(of) | GrantStatus::Revoked(of) => issue = Some(*of),
        GrantStatus::Cancelled { skipped: why } => skipped = why.map(|why| why.as_str()),
    }
    tx.prepare_cached(sql)?.execute(params![
        grant_id(&grant.key).as_str(),
        grant.key.attribution.as_str(),
        grant.key.side.as_str(),
        grant.key.trigger.as_str(),
        grant.customer.as_str(),
        to_json(&TermsDoc::from(&grant.terms))?,
        grant.status.as_str(),
        due_at,
        issue.map(|issue| stored(issue.at)),
        issue.and_then(|issue| issue.expires_at).map(stored),
        used,
        skipped,
    ])?;
    Ok(())
}

/// Gives a grant its discount code.
pub fn mint(tx: &Tx<'_>, key: &GrantKey, code: &Code, discount: &Discount) -> Result<(), DbError> {
    let sql = "UPDATE referral_grants SET discount_id = ?, code = ?, code_key = ?, auto_apply = ? WHERE id = ?";
    let id = grant_id(key);
    let applies = discount.auto_apply == Some(true);
    tx.prepare_cached(sql)?.execute(params![discount_id(&id), code.as_str(), code.key(), applies, id.as_str()])?;
    Ok(())
}

/// Whether a discount code exists.
pub fn has_code(tx: &Tx<'_>, code: &Code) -> Result<bool, DbError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM referral_grants WHERE code_key = ?)";
    Ok(tx.prepare_cached(sql)?.query_row([code.key()], |row| row.get(0))?)
}

/// Whether a grant was revoked, or cancelled before it was given.
pub fn is_taken_back(tx: &Tx<'_>, id: &GrantId) -> Result<bool, DbError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM referral_grants WHERE id = ? AND status IN ('revoked', 'cancelled'))";
    Ok(tx.prepare_cached(sql)?.query_row([id.as_str()], |row| row.get(0))?)
}

/// Keeps what takes a grant back.
pub fn keep_take_back(tx: &Tx<'_>, id: &GrantId, lines: &[RewardLine]) -> Result<(), DbError> {
    let lines: Vec<SavedLine> = lines.iter().map(SavedLine::from).collect();
    let sql = "UPDATE referral_grants SET reversal = ? WHERE id = ?";
    tx.prepare_cached(sql)?.execute(params![to_json(&lines)?, id.as_str()])?;
    Ok(())
}

/// What takes a grant back, if it is to be taken back.
pub fn take_back(tx: &Tx<'_>, id: &GrantId) -> Result<Vec<SavedLine>, DbError> {
    let sql = "SELECT reversal FROM referral_grants WHERE id = ? AND reversal IS NOT NULL";
    let mut statement = tx.prepare_cached(sql)?;
    let found = statement.query_row([id.as_str()], |row| Ok(json(row, "reversal"))).optional()?;
    found.unwrap_or_else(|| Ok(Vec::new()))
}

/// A command that takes a reward back.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct SavedLine {
    /// Its place in the slot.
    pub index: usize,
    /// Where it runs.
    pub server: flux_protocol::ServerId,
    /// The template.
    pub command: String,
    /// Whether the player must be online.
    pub require_online: bool,
    /// What fills it in.
    pub values: std::collections::BTreeMap<String, String>,
}

impl From<&RewardLine> for SavedLine {
    fn from(line: &RewardLine) -> SavedLine {
        SavedLine {
            index: line.index,
            server: line.server.clone(),
            command: line.template.as_str().to_owned(),
            require_online: line.require_online,
            values: line.values.clone(),
        }
    }
}

/// An attribution's grants.
pub fn of_attribution(tx: &Tx<'_>, id: &AttributionId) -> Result<Vec<GrantRow>, DbError> {
    all(tx, "SELECT * FROM referral_grants WHERE attribution_id = ? ORDER BY seq", [id.as_str()])
}

/// A customer's grants, newest first; with `is_live`, without those that were taken back or never given (C-19).
pub fn of_customer(tx: &Tx<'_>, id: &CustomerId, is_live: bool, limit: u32) -> Result<Vec<GrantRow>, DbError> {
    let hidden = if is_live { "AND status NOT IN ('revoked', 'cancelled')" } else { "" };
    let sql = format!("SELECT * FROM referral_grants WHERE customer_id = ? {hidden} ORDER BY seq DESC LIMIT ?");
    all(tx, &sql, params![id.as_str(), limit])
}

/// A customer's discounts that apply by themselves at that time, those that end first before the others. What a sweep has
/// written down as expired since then is among them (D-16).
pub fn that_apply(tx: &Tx<'_>, id: &CustomerId, at: Timestamp, limit: u32) -> Result<Vec<GrantRow>, DbError> {
    let sql = "SELECT * FROM referral_grants WHERE customer_id = ? AND auto_apply AND status IN ('issued', 'expired')
               AND coalesce(expires_at, 9223372036854775807) >= ? ORDER BY coalesce(expires_at, 9223372036854775807), seq LIMIT ?";
    all(tx, sql, params![id.as_str(), stored(at), limit])
}

/// The grant with this discount code.
pub fn by_code(tx: &Tx<'_>, code: &Code) -> Result<Option<GrantRow>, DbError> {
    Ok(all(tx, "SELECT * FROM referral_grants WHERE code_key = ?", [code.key()])?.pop())
}

/// The grant whose code this customer has used on this order.
pub fn used_on(tx: &Tx<'_>, id: &CustomerId, order: &OrderId) -> Result<Option<GrantRow>, DbError> {
    let sql = "SELECT * FROM referral_grants WHERE customer_id = ? AND used_order = ?";
    Ok(all(tx, sql, [id.as_str(), order.as_str()])?.pop())
}

/// Some of those that fell due by `now`, the earliest first.
pub fn due(tx: &Tx<'_>, now: Timestamp, limit: u32) -> Result<Vec<GrantRow>, DbError> {
    let sql = "SELECT * FROM referral_grants WHERE status = 'scheduled' AND due_at <= ? ORDER BY due_at, seq LIMIT ?";
    all(tx, sql, params![stored(now), limit])
}

/// Some of those whose code ran out before `now` and that are not written down as such.
pub fn to_expire(tx: &Tx<'_>, now: Timestamp, limit: u32) -> Result<Vec<GrantRow>, DbError> {
    let sql = "SELECT * FROM referral_grants WHERE status = 'issued' AND expires_at < ? ORDER BY expires_at LIMIT ?";
    all(tx, sql, params![stored(now), limit])
}

fn all(tx: &Tx<'_>, sql: &str, values: impl Params) -> Result<Vec<GrantRow>, DbError> {
    tx.prepare_cached(sql)?.query_and_then(values, read)?.collect()
}

fn read(row: &Row<'_>) -> Result<GrantRow, DbError> {
    let terms: TermsDoc = json(row, "terms")?;
    let issue = time_or_null(row, "issued_at")?;
    let issue = match issue {
        Some(at) => Some(Issue { at, expires_at: time_or_null(row, "expires_at")? }),
        None => None,
    };
    let issued = || issue.ok_or(DbError::BadRow("issued_at"));
    let status = match get::<String>(row, "status")?.as_str() {
        "scheduled" => GrantStatus::Scheduled { due_at: time_or_null(row, "due_at")? },
        "issued" => GrantStatus::Issued(issued()?),
        "used" => GrantStatus::Used(issued()?, text(row, "used_order")?),
        "expired" => GrantStatus::Expired(issued()?),
        "revoked" => GrantStatus::Revoked(issued()?),
        "cancelled" => GrantStatus::Cancelled { skipped: reason(row, "skipped")? },
        _ => return Err(DbError::BadRow("status")),
    };
    let code: Option<String> = get(row, "code")?;
    let code = code.map(|code| Code::parse(&code)).transpose().map_err(|_| DbError::BadRow("code"))?;
    let key = GrantKey {
        attribution: AttributionId::new(get::<String>(row, "attribution_id")?),
        side: word(row, "side", Side::from_word)?,
        trigger: word(row, "trigger", Trigger::from_word)?,
    };
    let terms = terms.read().map_err(|_| DbError::BadRow("terms"))?;
    Ok(GrantRow {
        seq: get(row, "seq")?,
        id: text(row, "id")?,
        discount: get::<Option<String>>(row, "discount_id")?.zip(code),
        grant: Grant { key, customer: CustomerId::new(get::<String>(row, "customer_id")?), terms, status },
    })
}

/// Whether this is a discount, whose code may be shown.
pub fn is_discount(grant: &Grant) -> bool {
    matches!(grant.terms.benefit, Some(Benefit::Discount(_)))
}
