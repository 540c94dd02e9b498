//! Statistics from the counters, and from the deltas that are not folded into them yet.

use super::counters::{self, Counter, SuccessSum};
use flux_storage::{Error, Row, Tx, params};
use jiff::Timestamp;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// A referrer on the leaderboard.
#[derive(Debug)]
pub struct Top {
    /// The customer's id.
    pub customer: String,
    /// The name.
    pub name: Option<String>,
    /// The number of successful referrals.
    pub successful: i64,
    /// The number of rewarded registrations.
    pub registered: i64,
    /// The bind time of the latest referral among both.
    pub last_at: Timestamp,
}

/// The sums of the daily counters from one day of the store to another, both included.
pub fn days(tx: &Tx<'_>, from: &str, to: &str) -> Result<BTreeMap<String, i64>, Error> {
    let sql = "SELECT counter, CAST(sum(total) AS BIGINT) AS total FROM referral_daily_counters WHERE day BETWEEN $1 AND $2 GROUP BY counter";
    let read = |row: &Row<'_>| Ok((row.get("counter")?, row.get("total")?));
    let mut totals: BTreeMap<String, i64> = tx.query(sql, params![from, to], read)?.into_iter().collect();
    let sql = "SELECT counter, amount FROM referral_deltas WHERE day BETWEEN $1 AND $2 AND customer_id IS NULL";
    for (counter, amount) in tx.query(sql, params![from, to], |row| Ok((row.get("counter")?, row.get("amount")?)))? {
        let total: &mut i64 = totals.entry(counter).or_default();
        *total = total.saturating_add(amount).min(counters::LARGEST_TOTAL);
    }
    Ok(totals)
}

/// The number of pending attributions of those days that are past their deadline, before a sweep stores that.
pub fn unseen(tx: &Tx<'_>, from: &str, to: &str, now: Timestamp) -> Result<i64, Error> {
    let sql = "SELECT count(*) AS total FROM referral_attributions INDEXED BY referral_attributions_to_expire
               WHERE status = 'pending' AND expires_at < $1 AND day BETWEEN $2 AND $3";
    tx.only(sql, params![now, from, to], |row| row.get("total"))
}

/// The number of counted clicks from this time to the end of its day, and on later days.
pub fn clicks_since(tx: &Tx<'_>, at: Timestamp, day_end: Timestamp, day: &str) -> Result<i64, Error> {
    let sql = "SELECT (SELECT count(*) FROM referral_clicks WHERE at >= $1 AND at < $2)
               + coalesce((SELECT CAST(sum(total) AS BIGINT) FROM referral_daily_counters WHERE counter = 'click' AND day > $3), 0)
               + coalesce((SELECT CAST(sum(amount) AS BIGINT) FROM referral_deltas WHERE counter = 'click' AND day > $3), 0) AS total";
    tx.only(sql, params![at, day_end, day], |row| row.get("total"))
}

/// A referrer's successful referrals, rewarded registrations and latest bind, in the order of the ranking.
type Ranked = (i64, i64, Timestamp);

/// The leaderboard of a period, named as in the counters.
pub fn leaderboard(tx: &Tx<'_>, period: &str, limit: u32) -> Result<Vec<Top>, Error> {
    let changed = unfolded(tx, period)?;
    // Whoever has no delta keeps their rank among those: the best of both are among these.
    let sql = "SELECT customer_id, successful, registered, last_at FROM referral_leaderboard
               WHERE period = $1 AND (successful > 0 OR registered > 0)
               ORDER BY successful DESC, registered DESC, last_at DESC, customer_id LIMIT $2";
    let read = |row: &Row<'_>| {
        let ranked: Ranked = (row.get("successful")?, row.get("registered")?, row.get("last_at")?);
        Ok((row.get::<String>("customer_id")?, ranked))
    };
    let wanted = i64::from(limit).saturating_add(changed.len() as i64);
    let mut best: BTreeMap<String, Ranked> = tx.query(sql, params![period, wanted], read)?.into_iter().collect();
    let of_one = "SELECT customer_id, successful, registered, last_at FROM referral_leaderboard
                  WHERE period = $1 AND customer_id = $2";
    for (customer, sum) in &changed {
        let folded = tx.one(of_one, params![period, customer], read)?.map(|(_, folded)| folded);
        let (successful, registered, last_at) = folded.unwrap_or((0, 0, Timestamp::UNIX_EPOCH));
        let last_at = match sum.last_at.filter(|_| !sum.is_reduced) {
            Some(added) => last_at.max(added),
            None => counters::last_success(tx, customer, period)?,
        };
        best.insert(customer.clone(), (successful + sum.successful, registered + sum.registered, last_at));
    }
    let mut best: Vec<_> =
        best.into_iter().filter(|(_, (successful, registered, _))| *successful > 0 || *registered > 0).collect();
    best.sort_by_key(|(customer, ranked)| (Reverse(*ranked), customer.clone()));
    best.truncate(limit as usize);
    let named = |(customer, (successful, registered, last_at)): (String, Ranked)| {
        let name = tx.one("SELECT name FROM customers WHERE id = $1", params![customer], |row| row.get("name"))?;
        Ok(Top { customer, name: name.flatten(), successful, registered, last_at })
    };
    best.into_iter().map(named).collect()
}

/// The counts that no sweep has folded into a period's leaderboard yet, by referrer.
fn unfolded(tx: &Tx<'_>, period: &str) -> Result<BTreeMap<String, SuccessSum>, Error> {
    let mut sums: BTreeMap<String, SuccessSum> = BTreeMap::new();
    let sql = "SELECT * FROM referral_deltas WHERE customer_id IS NOT NULL";
    for delta in tx.query(sql, params![], counters::read)? {
        let (Counter::Successful(success) | Counter::Registered(success)) = &delta.counter else { continue };
        if counters::is_in_period(period, &delta.day, &success.week) {
            sums.entry(success.customer.clone()).or_default().add(&delta);
        }
    }
    Ok(sums)
}
