//! What the counters say.

use flux_storage::row::{get, stored, time};
use flux_storage::{DbError, Tx};
use jiff::Timestamp;
use rusqlite::{Row, params};
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
pub fn days(tx: &Tx<'_>, from: &str, to: &str) -> Result<BTreeMap<String, i64>, DbError> {
    let sql =
        "SELECT counter, sum(total) AS total FROM referral_daily_counters WHERE day BETWEEN ? AND ? GROUP BY counter";
    let read = |row: &Row<'_>| Ok((get(row, "counter")?, get(row, "total")?));
    tx.prepare_cached(sql)?.query_and_then([from, to], read)?.collect()
}

/// Pending attributions whose time has run out and that no sweep has seen yet, of those days.
pub fn unseen(tx: &Tx<'_>, from: &str, to: &str, now: Timestamp) -> Result<i64, DbError> {
    let sql = "SELECT count(*) FROM referral_attributions INDEXED BY referral_attributions_to_expire
               WHERE status = 'pending' AND expires_at < ? AND day BETWEEN ? AND ?";
    Ok(tx.prepare_cached(sql)?.query_row(params![stored(now), from, to], |row| row.get(0))?)
}

/// Counted clicks from this moment to the end of its day, and on the days after it.
pub fn clicks_since(tx: &Tx<'_>, at: Timestamp, day_end: Timestamp, day: &str) -> Result<i64, DbError> {
    let sql = "SELECT (SELECT count(*) FROM referral_clicks WHERE at >= ? AND at < ?)
               + coalesce((SELECT sum(total) FROM referral_daily_counters WHERE counter = 'click' AND day > ?), 0)";
    Ok(tx.prepare_cached(sql)?.query_row(params![stored(at), stored(day_end), day], |row| row.get(0))?)
}

/// The best referrers of a period, as the counters call it.
pub fn tops(tx: &Tx<'_>, period: &str, limit: u32) -> Result<Vec<Top>, DbError> {
    let sql = "SELECT customer_id, customers.name, successful, last_at FROM referral_leaderboard
               LEFT JOIN customers ON customers.id = customer_id
               WHERE period = ? AND successful > 0 ORDER BY successful DESC, last_at DESC, customer_id LIMIT ?";
    let read = |row: &Row<'_>| {
        Ok(Top {
            customer: get(row, "customer_id")?,
            name: get(row, "name")?,
            successful: get(row, "successful")?,
            last_at: time(row, "last_at")?,
        })
    };
    tx.prepare_cached(sql)?.query_and_then(params![period, limit], read)?.collect()
}
