//! Counted clicks. Single clicks are stored for 90 days, because each starts an attribution window.

use super::counters::{self, Delta};
use flux_referral_rules::LinkId;
use flux_storage::{Error, Tx, params};
use jiff::Timestamp;

/// Adds a click. `visitor` is the visitor's key, `day` the store's day.
pub fn add(tx: &Tx<'_>, link: &LinkId, visitor: Option<&str>, at: Timestamp, day: &str) -> Result<(), Error> {
    let sql = "INSERT INTO referral_clicks (link_id, visitor, at, day) VALUES ($1, $2, $3, $4)";
    tx.execute(sql, params![link.as_str(), visitor, at, day])?;
    let sql = "UPDATE referral_links SET clicks = clicks + 1,
                 last_click_at = CASE WHEN last_click_at > $2 THEN last_click_at ELSE $2 END WHERE id = $1";
    tx.execute(sql, params![link.as_str(), at])?;
    counters::add(tx, &[Delta::of_day("click", day, 1)])
}

/// The time of this visitor's last click on this link, not after `at`.
pub fn last_of(tx: &Tx<'_>, link: &LinkId, visitor: &str, at: Timestamp) -> Result<Option<Timestamp>, Error> {
    let sql =
        "SELECT at FROM referral_clicks WHERE link_id = $1 AND visitor = $2 AND at <= $3 ORDER BY at DESC LIMIT 1";
    tx.one(sql, params![link.as_str(), visitor, at], |row| row.get("at"))
}

/// The time of the newest click on this link, not after `at`. The last click of a link is never deleted, because it may
/// have started a long window.
pub fn newest(tx: &Tx<'_>, link: &LinkId, at: Timestamp) -> Result<Option<Timestamp>, Error> {
    let sql =
        "SELECT coalesce((SELECT at FROM referral_clicks WHERE link_id = $1 AND at <= $2 ORDER BY at DESC LIMIT 1),
               (SELECT last_click_at FROM referral_links WHERE id = $1 AND last_click_at <= $2)) AS at";
    tx.only(sql, params![link.as_str(), at], |row| row.get("at"))
}

/// Deletes clicks before this time, up to `limit`. The counters keep their totals.
pub fn forget_before(tx: &Tx<'_>, at: Timestamp, limit: u32) -> Result<(), Error> {
    let sql =
        "DELETE FROM referral_clicks WHERE seq IN (SELECT seq FROM referral_clicks WHERE at < $1 ORDER BY at LIMIT $2)";
    tx.execute(sql, params![at, limit])?;
    Ok(())
}
