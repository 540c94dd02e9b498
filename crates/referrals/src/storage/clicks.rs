//! Counted clicks. Single clicks are stored for 90 days, up to a number, for repeats and statistics. The window of a referee
//! starts at a time that the link or the click's id has, so it outlives them.

use super::counters::{self, Delta};
use crate::limits;
use flux_referral_rules::LinkId;
use flux_storage::{Error, Row, Tx, params};
use jiff::Timestamp;

/// Adds a click. `visitor` is the visitor's key, `day` the store's day. The oldest click goes where there are too many.
pub fn add(tx: &Tx<'_>, link: &LinkId, visitor: Option<&str>, at: Timestamp, day: &str) -> Result<(), Error> {
    let sql = "INSERT INTO referral_clicks (link_id, visitor, at, day) VALUES ($1, $2, $3, $4)";
    tx.execute(sql, params![link.as_str(), visitor, at, day])?;
    // Numbers only grow, so this bounds the rows.
    let sql = "DELETE FROM referral_clicks WHERE seq <= (SELECT max(seq) FROM referral_clicks) - $1";
    tx.execute(sql, params![limits::CLICKS_STORED])?;
    let sql = "UPDATE referral_links SET clicks = clicks + 1,
                 first_click_at = CASE WHEN first_click_at <= $2 THEN first_click_at ELSE $2 END,
                 day_clicks = CASE WHEN click_day = $3 THEN day_clicks + 1 ELSE 1 END, click_day = $3 WHERE id = $1";
    tx.execute(sql, params![link.as_str(), at, day])?;
    counters::add(tx, &[Delta::of_day("click", day, 1)])
}

/// The clicks of one visitor in a span of time.
#[derive(Debug, Clone, Copy, Default)]
pub struct VisitorClicks {
    /// Their number, on any link.
    pub count: u32,
    /// The last one on the link in question.
    pub last_on_link: Option<Timestamp>,
}

/// This visitor's clicks after `from` and not after `to`.
pub fn of_visitor(
    tx: &Tx<'_>,
    link: &LinkId,
    visitor: &str,
    (from, to): (Timestamp, Timestamp),
) -> Result<VisitorClicks, Error> {
    let sql = "SELECT count(*) AS total, max(CASE WHEN link_id = $1 THEN at END) AS last FROM referral_clicks
               WHERE visitor = $2 AND at > $3 AND at <= $4";
    let read = |row: &Row<'_>| Ok(VisitorClicks { count: row.get("total")?, last_on_link: row.get("last")? });
    tx.only(sql, params![link.as_str(), visitor, from, to], read)
}

/// Deletes clicks before this time, up to `limit`. The counters keep their totals.
pub fn forget_before(tx: &Tx<'_>, at: Timestamp, limit: u32) -> Result<(), Error> {
    let sql =
        "DELETE FROM referral_clicks WHERE seq IN (SELECT seq FROM referral_clicks WHERE at < $1 ORDER BY at LIMIT $2)";
    tx.execute(sql, params![at, limit])?;
    Ok(())
}
