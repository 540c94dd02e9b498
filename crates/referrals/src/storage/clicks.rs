//! Counted clicks. Those of the last 90 days are kept one by one, for the windows that they start.

use flux_referral_rules::LinkId;
use flux_storage::{Error, Tx, params};
use jiff::Timestamp;

/// Adds a click. `visitor` is what its visitor is known by, `day` the store's.
pub fn add(tx: &Tx<'_>, link: &LinkId, visitor: Option<&str>, at: Timestamp, day: &str) -> Result<(), Error> {
    let sql = "INSERT INTO referral_clicks (link_id, visitor, at, day) VALUES ($1, $2, $3, $4)";
    tx.execute(sql, params![link.as_str(), visitor, at, day])?;
    Ok(())
}

/// When this visitor's last click on this link was, not after `at`.
pub fn last_of(tx: &Tx<'_>, link: &LinkId, visitor: &str, at: Timestamp) -> Result<Option<Timestamp>, Error> {
    let sql =
        "SELECT at FROM referral_clicks WHERE link_id = $1 AND visitor = $2 AND at <= $3 ORDER BY at DESC LIMIT 1";
    tx.one(sql, params![link.as_str(), visitor, at], |row| row.get("at"))
}

/// When the newest click on this link was, not after `at`. The very last one is known for ever: it may have started a long window.
pub fn newest(tx: &Tx<'_>, link: &LinkId, at: Timestamp) -> Result<Option<Timestamp>, Error> {
    let sql =
        "SELECT coalesce((SELECT at FROM referral_clicks WHERE link_id = $1 AND at <= $2 ORDER BY at DESC LIMIT 1),
               (SELECT last_click_at FROM referral_links WHERE id = $1 AND last_click_at <= $2)) AS at";
    tx.only(sql, params![link.as_str(), at], |row| row.get("at"))
}

/// Forgets clicks from before this moment, some at a time; the counters keep them.
pub fn forget_before(tx: &Tx<'_>, at: Timestamp, limit: u32) -> Result<(), Error> {
    let sql =
        "DELETE FROM referral_clicks WHERE seq IN (SELECT seq FROM referral_clicks WHERE at < $1 ORDER BY at LIMIT $2)";
    tx.execute(sql, params![at, limit])?;
    Ok(())
}
