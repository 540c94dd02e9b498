//! Queries for the end of a rule: the rewards that wait under it, and the friends and links of its referrers.

use flux_referral_rules::{Eligibility, RuleId, Tier};
use flux_storage::{Error, TextList, Tx, params};
use jiff::Timestamp;

/// The referrers to whom a rule applies.
#[derive(Debug)]
pub enum Referrers {
    /// Those of a tier.
    Of(Tier),
    /// Those of no tier, or of a tier other than these.
    NotOf(Vec<Tier>),
}

impl Referrers {
    /// A condition on the customer `c` with `$1` as its value, and the value.
    fn condition(&self) -> Result<(&'static str, TextList), Error> {
        match self {
            Referrers::Of(tier) => Ok(("c.tier IN (SELECT value FROM json_each($1))", TextList::of([tier.as_str()])?)),
            Referrers::NotOf(tiers) => {
                let condition = "(c.tier IS NULL OR c.tier NOT IN (SELECT value FROM json_each($1)))";
                Ok((condition, TextList::of(tiers.iter().map(Tier::as_str))?))
            }
        }
    }
}

/// A condition on the customer `c` under which they may refer.
fn may_refer(eligibility: Eligibility) -> &'static str {
    match eligibility {
        Eligibility::Any => "TRUE",
        Eligibility::Members => "c.registered_at IS NOT NULL",
        Eligibility::Buyers => {
            "EXISTS (SELECT 1 FROM referral_orders AS o WHERE o.customer_id = c.id AND o.is_purchase)"
        }
    }
}

/// The scheduled grants with a rule's terms, the oldest first.
pub fn waiting(tx: &Tx<'_>, rule: &RuleId, limit: u32) -> Result<Vec<String>, Error> {
    let sql = "SELECT id FROM referral_grants WHERE rule_id = $1 AND status = 'scheduled' ORDER BY seq LIMIT $2";
    tx.query(sql, params![rule.as_str(), limit], |row| row.get("id"))
}

/// The referees of these referrers whose order can still come, the oldest bind first.
pub fn bound(
    tx: &Tx<'_>,
    referrers: &Referrers,
    eligibility: Eligibility,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<String>, Error> {
    let (condition, value) = referrers.condition()?;
    let sql = format!(
        "SELECT a.referee_id FROM referral_attributions AS a LEFT JOIN customers AS c ON c.id = a.referrer_id
         WHERE a.status = 'pending' AND (a.expires_at IS NULL OR a.expires_at >= $2) AND {condition} AND {}
         ORDER BY a.seq LIMIT $3",
        may_refer(eligibility)
    );
    tx.query(&sql, params![value, now, limit], |row| row.get("referee_id"))
}

/// The codes of these referrers' links, the oldest first.
pub fn links(tx: &Tx<'_>, referrers: &Referrers, eligibility: Eligibility, limit: u32) -> Result<Vec<String>, Error> {
    let (condition, value) = referrers.condition()?;
    let sql = format!(
        "SELECT l.code FROM referral_links AS l LEFT JOIN customers AS c ON c.id = l.customer_id
         WHERE {condition} AND {} ORDER BY l.seq LIMIT $2",
        may_refer(eligibility)
    );
    tx.query(&sql, params![value, limit], |row| row.get("code"))
}
