//! What the counters say.

use flux_storage::{Error, Row, Tx, params};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// A referrer among the best.
#[derive(Debug)]
pub struct Top {
    /// Who.
    pub customer: String,
    /// Their name.
    pub name: Option<String>,
    /// How many of their referrals have succeeded.
    pub successful: i64,
    /// When they last bound a friend who did.
    pub last_at: Timestamp,
}

/// How many of what, from one day of the store to another, both included.
pub fn days(tx: &Tx<'_>, from: &str, to: &str) -> Result<BTreeMap<String, i64>, Error> {
    let sql =
        "SELECT counter, sum(total) AS total FROM referral_daily_counters WHERE day BETWEEN $1 AND $2 GROUP BY counter";
    let read = |row: &Row<'_>| Ok((row.get("counter")?, row.get("total")?));
    Ok(tx.query(sql, params![from, to], read)?.into_iter().collect())
}

/// Pending attributions whose time has run out and that no sweep has seen yet, of those days.
pub fn unseen(tx: &Tx<'_>, from: &str, to: &str, now: Timestamp) -> Result<i64, Error> {
    let sql = "SELECT count(*) AS total FROM referral_attributions INDEXED BY referral_attributions_to_expire
               WHERE status = 'pending' AND expires_at < $1 AND day BETWEEN $2 AND $3";
    tx.only(sql, params![now, from, to], |row| row.get("total"))
}

/// Counted clicks from this moment to the end of its day, and on the days after it.
pub fn clicks_since(tx: &Tx<'_>, at: Timestamp, day_end: Timestamp, day: &str) -> Result<i64, Error> {
    let sql = "SELECT (SELECT count(*) FROM referral_clicks WHERE at >= $1 AND at < $2)
               + coalesce((SELECT sum(total) FROM referral_daily_counters WHERE counter = 'click' AND day > $3), 0) AS total";
    tx.only(sql, params![at, day_end, day], |row| row.get("total"))
}

/// The best referrers of a period, as the counters call it.
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
