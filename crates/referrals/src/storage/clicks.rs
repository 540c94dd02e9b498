//! Counted clicks. Those of the last 90 days are kept one by one, for the windows that they start.

use flux_referral_rules::LinkId;
use flux_storage::row::{stored, time, time_or_null};
use flux_storage::{DbError, Tx};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

/// Adds a click. `visitor` is what its visitor is known by, `day` the store's.
pub fn add(tx: &Tx<'_>, link: &LinkId, visitor: Option<&str>, at: Timestamp, day: &str) -> Result<(), DbError> {
    let sql = "INSERT INTO referral_clicks (link_id, visitor, at, day) VALUES (?, ?, ?, ?)";
    tx.prepare_cached(sql)?.execute(params![link.as_str(), visitor, stored(at), day])?;
    Ok(())
}

/// When this visitor's last click on this link was, not after `at`.
pub fn last_of(tx: &Tx<'_>, link: &LinkId, visitor: &str, at: Timestamp) -> Result<Option<Timestamp>, DbError> {
    let sql = "SELECT at FROM referral_clicks WHERE link_id = ? AND visitor = ? AND at <= ? ORDER BY at DESC LIMIT 1";
    let mut statement = tx.prepare_cached(sql)?;
    let found = statement.query_row(params![link.as_str(), visitor, stored(at)], |row| Ok(time(row, "at")));
    found.optional()?.transpose()
}

/// When the newest click on this link was, not after `at`. The very last one is known for ever: it may have started a long window.
pub fn newest(tx: &Tx<'_>, link: &LinkId, at: Timestamp) -> Result<Option<Timestamp>, DbError> {
    let sql =
        "SELECT coalesce((SELECT at FROM referral_clicks WHERE link_id = ?1 AND at <= ?2 ORDER BY at DESC LIMIT 1),
               (SELECT last_click_at FROM referral_links WHERE id = ?1 AND last_click_at <= ?2)) AS at";
    tx.prepare_cached(sql)?.query_row(params![link.as_str(), stored(at)], |row| Ok(time_or_null(row, "at")))?
}

/// Forgets clicks from before this moment, some at a time; the counters keep them.
pub fn forget_before(tx: &Tx<'_>, at: Timestamp, limit: u32) -> Result<(), DbError> {
    let sql =
        "DELETE FROM referral_clicks WHERE seq IN (SELECT seq FROM referral_clicks WHERE at < ? ORDER BY at LIMIT ?)";
    tx.prepare_cached(sql)?.execute(params![stored(at), limit])?;
    Ok(())
}
