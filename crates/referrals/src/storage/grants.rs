//! The table of grants, with their discount codes.

use super::rows::TermsRow;
use super::{counters, parsed, reason};
use crate::ids::{discount_id, grant_id};
use flux_protocol::OrderId;
use flux_referral_rules::{
    AttributionId, Benefit, Code, Coupon, CustomerId, Discount, Grant, GrantKey, GrantStatus, Issue, PlannedCommand,
    Side,
};
use flux_shop::GrantId;
use flux_storage::{Error, Param, Row, Tx, params, to_json};
use jiff::Timestamp;

/// A stored grant.
#[derive(Debug, Clone)]
pub struct GrantRow {
    /// The sequence number.
    pub seq: i64,
    /// The id.
    pub id: GrantId,
    /// The grant as the rules know it.
    pub grant: Grant,
    /// The id and the code of the discount.
    pub discount: Option<(String, Code)>,
}

impl GrantRow {
    /// The discount code as input of the rules.
    pub fn coupon(&self) -> Option<Coupon> {
        let (_, code) = self.discount.as_ref()?;
        Some(Coupon { code: code.clone(), grant: self.grant.clone() })
    }
}

/// Saves a new or changed grant. Its discount code stays.
pub fn put(tx: &Tx<'_>, grant: &Grant) -> Result<(), Error> {
    let sql =
        "INSERT INTO referral_grants (id, attribution_id, side, trigger, customer_id, terms, status, due_at, issued_at,
               expires_at, used_order, skipped, rule_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
               ON CONFLICT (attribution_id, side, trigger) DO UPDATE SET status = $7, due_at = $8, issued_at = $9,
               expires_at = $10, used_order = $11, skipped = $12";
    let (mut due_at, mut issue, mut used, mut skipped) = (None, None, None, None);
    match &grant.status {
        GrantStatus::Scheduled { due_at: at } => due_at = *at,
        GrantStatus::Used(of, order) => (issue, used) = (Some(*of), Some(order.as_str())),
        GrantStatus::Issued(of) | GrantStatus::Expired(of) | GrantStatus::Revoked(of) => issue = Some(*of),
        GrantStatus::Cancelled { skipped: why } => skipped = why.map(|why| why.as_str()),
    }
    count_against_cap(tx, grant)?;
    tx.execute(
        sql,
        params![
            grant_id(&grant.key).as_str(),
            grant.key.attribution.as_str(),
            grant.key.side.as_str(),
            grant.key.trigger.as_str(),
            grant.customer.as_str(),
            to_json(&TermsRow::from(&grant.terms))?,
            grant.status.as_str(),
            due_at,
            issue.map(|issue| issue.at),
            issue.and_then(|issue| issue.expires_at),
            used,
            skipped,
            grant.terms.rule.as_str(),
        ],
    )?;
    Ok(())
}

/// Changes the referrer's use of the cap, where the grant begins or ends to count against it.
fn count_against_cap(tx: &Tx<'_>, grant: &Grant) -> Result<(), Error> {
    if grant.key.side != Side::Referrer {
        return Ok(());
    }
    let sql = "SELECT status IN ('revoked', 'cancelled') AS is_reversed FROM referral_grants WHERE id = $1";
    let id = grant_id(&grant.key);
    let before: Option<bool> = tx.one(sql, params![id.as_str()], |row| row.get("is_reversed"))?;
    let counted = i64::from(before == Some(false));
    let is_reversed = matches!(grant.status, GrantStatus::Revoked(_) | GrantStatus::Cancelled { .. });
    match i64::from(!is_reversed) - counted {
        0 => Ok(()),
        change => counters::change_referrer(tx, grant.customer.as_str(), change, 0),
    }
}

/// Stores the discount code of a grant.
pub fn mint(tx: &Tx<'_>, key: &GrantKey, code: &Code, discount: &Discount) -> Result<(), Error> {
    let sql = "UPDATE referral_grants SET discount_id = $1, code = $2, code_key = $3, auto_apply = $4 WHERE id = $5";
    let id = grant_id(key);
    let applies = discount.auto_apply == Some(true);
    tx.execute(sql, params![discount_id(&id), code.as_str(), code.key(), applies, id.as_str()])?;
    Ok(())
}

/// Returns whether a discount code exists.
pub fn has_code(tx: &Tx<'_>, code: &Code) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM referral_grants WHERE code_key = $1 LIMIT 1";
    tx.exists(sql, params![code.key()])
}

/// Returns whether a grant was revoked, or cancelled before its issue.
pub fn is_reversed(tx: &Tx<'_>, id: &GrantId) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM referral_grants WHERE id = $1 AND status IN ('revoked', 'cancelled') LIMIT 1";
    tx.exists(sql, params![id.as_str()])
}

/// Saves the commands that reverse a grant.
pub fn save_reversal(tx: &Tx<'_>, id: &GrantId, lines: &[PlannedCommand]) -> Result<(), Error> {
    let lines: Vec<SavedCommand> = lines.iter().map(SavedCommand::from).collect();
    let sql = "UPDATE referral_grants SET reversal = $1 WHERE id = $2";
    tx.execute(sql, params![to_json(&lines)?, id.as_str()])?;
    Ok(())
}

/// The saved commands that reverse a grant; empty if it is not reversed.
pub fn reversal(tx: &Tx<'_>, id: &GrantId) -> Result<Vec<SavedCommand>, Error> {
    let sql = "SELECT reversal FROM referral_grants WHERE id = $1 AND reversal IS NOT NULL";
    Ok(tx.one(sql, params![id.as_str()], |row| row.json("reversal"))?.unwrap_or_default())
}

/// A planned command of a reward, as it is stored.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct SavedCommand {
    /// The position in the slot.
    pub index: usize,
    /// The target server.
    pub server: flux_protocol::ServerId,
    /// The template.
    pub command: String,
    /// True if the player must be online.
    pub require_online: bool,
    /// The values of its placeholders.
    pub values: std::collections::BTreeMap<String, String>,
}

impl From<&PlannedCommand> for SavedCommand {
    fn from(line: &PlannedCommand) -> SavedCommand {
        SavedCommand {
            index: line.index,
            server: line.server.clone(),
            command: line.template.as_str().to_owned(),
            require_online: line.require_online,
            values: line.values.clone(),
        }
    }
}

/// The grant with this id.
pub fn find(tx: &Tx<'_>, id: &GrantId) -> Result<Option<GrantRow>, Error> {
    tx.one("SELECT * FROM referral_grants WHERE id = $1", params![id.as_str()], read)
}

/// An attribution's grants.
pub fn of_attribution(tx: &Tx<'_>, id: &AttributionId) -> Result<Vec<GrantRow>, Error> {
    all(tx, "SELECT * FROM referral_grants WHERE attribution_id = $1 ORDER BY seq", params![id.as_str()])
}

/// The grants of a list (C-19).
#[derive(Debug, Clone, Copy)]
pub enum Shown {
    /// All.
    All,
    /// Those that are neither revoked nor cancelled.
    Live,
    /// Those that were revoked, or cancelled before their issue.
    Lost,
}

/// A customer's grants, newest first.
pub fn of_customer(tx: &Tx<'_>, id: &CustomerId, shown: Shown, limit: u32) -> Result<Vec<GrantRow>, Error> {
    let condition = match shown {
        Shown::All => "",
        Shown::Live => "AND status NOT IN ('revoked', 'cancelled')",
        Shown::Lost => "AND status IN ('revoked', 'cancelled')",
    };
    let sql = format!("SELECT * FROM referral_grants WHERE customer_id = $1 {condition} ORDER BY seq DESC LIMIT $2");
    all(tx, &sql, params![id.as_str(), limit])
}

/// A customer's discounts that apply automatically at the given time, the first to expire first. Codes that a sweep has
/// marked as expired since then are included (D-16).
pub fn that_apply(tx: &Tx<'_>, id: &CustomerId, at: Timestamp, limit: u32) -> Result<Vec<GrantRow>, Error> {
    let sql = "SELECT * FROM referral_grants WHERE customer_id = $1 AND auto_apply AND status IN ('issued', 'expired')
               AND coalesce(expires_at, 9223372036854775807) >= $2 ORDER BY coalesce(expires_at, 9223372036854775807), seq LIMIT $3";
    all(tx, sql, params![id.as_str(), at, limit])
}

/// The grant with this discount code.
pub fn by_code(tx: &Tx<'_>, code: &Code) -> Result<Option<GrantRow>, Error> {
    Ok(all(tx, "SELECT * FROM referral_grants WHERE code_key = $1", params![code.key()])?.pop())
}

/// The grant whose code this customer has used on this order.
pub fn used_by_on(tx: &Tx<'_>, id: &CustomerId, order: &OrderId) -> Result<Option<GrantRow>, Error> {
    let sql = "SELECT * FROM referral_grants WHERE customer_id = $1 AND used_order = $2";
    Ok(all(tx, sql, params![id.as_str(), order.as_str()])?.pop())
}

/// The grants whose codes were used on this order: one for each customer.
pub fn used_on(tx: &Tx<'_>, order: &OrderId) -> Result<Vec<GrantRow>, Error> {
    all(tx, "SELECT * FROM referral_grants WHERE used_order = $1 ORDER BY seq", params![order.as_str()])
}

/// Scheduled grants due by `now`, the earliest first, up to `limit`.
pub fn due(tx: &Tx<'_>, now: Timestamp, limit: u32) -> Result<Vec<GrantRow>, Error> {
    let sql = "SELECT * FROM referral_grants WHERE status = 'scheduled' AND due_at <= $1 ORDER BY due_at, seq LIMIT $2";
    all(tx, sql, params![now, limit])
}

/// Issued grants with a code that expired before `now`, up to `limit`.
pub fn to_expire(tx: &Tx<'_>, now: Timestamp, limit: u32) -> Result<Vec<GrantRow>, Error> {
    let sql = "SELECT * FROM referral_grants WHERE status = 'issued' AND expires_at < $1 ORDER BY expires_at LIMIT $2";
    all(tx, sql, params![now, limit])
}

fn all(tx: &Tx<'_>, sql: &str, values: &[&dyn Param]) -> Result<Vec<GrantRow>, Error> {
    tx.query(sql, values, read)
}

fn read(row: &Row<'_>) -> Result<GrantRow, Error> {
    let terms: TermsRow = row.json("terms")?;
    let issue = row.get("issued_at")?;
    let issue = match issue {
        Some(at) => Some(Issue { at, expires_at: row.get("expires_at")? }),
        None => None,
    };
    let issued = || issue.ok_or(Error::BadRow("issued_at"));
    let status = match row.get::<String>("status")?.as_str() {
        "scheduled" => GrantStatus::Scheduled { due_at: row.get("due_at")? },
        "issued" => GrantStatus::Issued(issued()?),
        "used" => GrantStatus::Used(issued()?, row.get("used_order")?),
        "expired" => GrantStatus::Expired(issued()?),
        "revoked" => GrantStatus::Revoked(issued()?),
        "cancelled" => GrantStatus::Cancelled { skipped: reason(row, "skipped")? },
        _ => return Err(Error::BadRow("status")),
    };
    let code: Option<String> = row.get("code")?;
    let code = code.map(|code| Code::parse(&code)).transpose().map_err(|_| Error::BadRow("code"))?;
    let key = GrantKey {
        attribution: AttributionId::new(row.get::<String>("attribution_id")?),
        side: parsed(row, "side")?,
        trigger: parsed(row, "trigger")?,
    };
    let terms = terms.read()?;
    Ok(GrantRow {
        seq: row.get("seq")?,
        id: row.get("id")?,
        discount: row.get::<Option<String>>("discount_id")?.zip(code),
        grant: Grant { key, customer: CustomerId::new(row.get::<String>("customer_id")?), terms, status },
    })
}

/// Returns whether the benefit is a discount, which has a code.
pub fn is_discount(grant: &Grant) -> bool {
    matches!(grant.terms.benefit, Some(Benefit::Discount(_)))
}
