//! Statistics from the counters.

use flux_storage::{Error, Row, Tx, params};
use jiff::Timestamp;
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
    /// The bind time of the latest successful referral.
    pub last_at: Timestamp,
}

/// The sums of the daily counters from one day of the store to another, both included.
pub fn days(tx: &Tx<'_>, from: &str, to: &str) -> Result<BTreeMap<String, i64>, Error> {
    let sql =
        "SELECT counter, sum(total) AS total FROM referral_daily_counters WHERE day BETWEEN $1 AND $2 GROUP BY counter";
    let read = |row: &Row<'_>| Ok((row.get("counter")?, row.get("total")?));
    Ok(tx.query(sql, params![from, to], read)?.into_iter().collect())
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
               + coalesce((SELECT sum(total) FROM referral_daily_counters WHERE counter = 'click' AND day > $3), 0) AS total";
    tx.only(sql, params![at, day_end, day], |row| row.get("total"))
}

/// The leaderboard of a period, named as in the counters.
pub fn leaderboard(tx: &Tx<'_>, period: &str, limit: u32) -> Result<Vec<Top>, Error> {
    let sql = "SELECT customer_id, customers.name, successful, last_at FROM referral_leaderboard
               LEFT JOIN customers ON customers.id = customer_id
               WHERE period = $1 AND successful > 0 ORDER BY successful DESC, last_at DESC, customer_id LIMIT $2";
    let read = |row: &Row<'_>| {
        Ok(Top {
            customer: row.get("customer_id")?,
            name: row.get("name")?,
            successful: row.get("successful")?,
            last_at: row.get("last_at")?,
        })
    };
    tx.query(sql, params![period, limit], read)
}
