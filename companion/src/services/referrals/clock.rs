//! What the clock brings: deadlines that pass, rewards that fall due. Some rows at a time; each call is one transaction,
//! and says how many rows it has done: as many as its limit, and there may be more.

use super::{Desk, ServiceError, Wake, Work};
use crate::limits;
use crate::services::Audit;
use flux_referral_rules::{Master, sweep};
use flux_referrals::storage::{attributions, clicks, grants, links, program};
use flux_storage::Tx;
use jiff::Timestamp;

/// `expire-pending`: attributions whose order can no longer come in time.
pub fn expire_pending(tx: &Tx<'_>, by: &Audit, desk: &Desk, now: Timestamp) -> Result<u32, ServiceError> {
    let work = Work::begin(tx, by, desk)?;
    let late = attributions::to_expire(tx, now, limits::SWEEP_ROWS)?;
    let count = late.len() as u32;
    late.into_iter().try_for_each(|row| work.expire(row.attribution))?;
    Ok(count)
}

/// `issue-due`: rewards that have fallen due, unless the program is off.
pub fn issue_due(tx: &Tx<'_>, by: &Audit, desk: &Desk, now: Timestamp) -> Result<(u32, Wake), ServiceError> {
    let mut work = Work::begin(tx, by, desk)?;
    let mut count = 0;
    for row in grants::due(tx, now, limits::SWEEP_ROWS)? {
        let found = attributions::find(tx, &row.grant.key.attribution)?.ok_or(ServiceError::NotFound("attribution"))?;
        if work.issue_if_due(&found.attribution, &row.grant, now)? {
            count += 1;
            work.settle(found.attribution)?;
        }
    }
    Ok((count, work.wake))
}

/// `expire-rewards`: codes that were not used in time.
pub fn expire_rewards(tx: &Tx<'_>, by: &Audit, desk: &Desk, now: Timestamp) -> Result<u32, ServiceError> {
    let work = Work::begin(tx, by, desk)?;
    let late: Vec<_> = grants::to_expire(tx, now, limits::SWEEP_ROWS)?.into_iter().map(|row| row.grant).collect();
    let late = sweep::expire_rewards(&late, now);
    for grant in &late {
        grants::put(tx, grant)?;
        work.tell_grant(grant)?;
    }
    Ok(late.len() as u32)
}

/// Codes were switched on: customers who have none are given one, and so the mail (R3-18). Old clicks are forgotten.
/// Whether there are more customers.
pub fn give_codes(tx: &Tx<'_>, by: &Audit, desk: &Desk) -> Result<bool, ServiceError> {
    let forget = by.now.checked_sub(limits::CLICKS_KEPT).unwrap_or(by.now);
    clicks::forget_before(tx, forget, limits::SWEEP_ROWS)?;
    let mut row = program::load(tx, &desk.zone)?;
    if row.program.master == Master::Off {
        // They are given when it is on again.
        return Ok(false);
    }
    let Some(after) = row.codes_after.take() else { return Ok(false) };
    let mut work = Work::begin(tx, by, desk)?;
    let found = links::customers_without(tx, &after, limits::SWEEP_ROWS)?;
    let has_more = found.len() as u32 == limits::SWEEP_ROWS;
    row.codes_after = found.last().map(|(id, _)| id.as_str().to_owned()).filter(|_| has_more);
    for (customer, _) in found {
        work.issue_link(&customer)?;
    }
    program::save(tx, &row)?;
    Ok(has_more)
}
