//! Sweeps: expire attributions and codes past their deadline, and issue due rewards. Each call is one transaction and
//! returns its number of rows; if that is the limit, there may be more.

use super::UnitOfWork;
use super::apply_decision::{announce_grant, expire_attribution, issue_if_due, settle_attribution};
use crate::Effects;
use crate::Error;
use crate::ReferralContext;
use crate::limits;
use crate::storage::{attributions, grants};
use flux_referral_rules::sweep;
use flux_shop::Audit;
use flux_storage::Tx;
use jiff::Timestamp;

/// `expire-pending`: expires attributions past their deadline.
pub fn expire_pending(tx: &Tx<'_>, audit: &Audit, ctx: &ReferralContext, now: Timestamp) -> Result<u32, Error> {
    let work = UnitOfWork::begin(tx, audit, ctx)?;
    let late = attributions::to_expire(tx, now, limits::SWEEP_ROWS)?;
    let count = late.len() as u32;
    late.into_iter().try_for_each(|row| expire_attribution(&work, row.attribution))?;
    Ok(count)
}

/// `issue-due`: issues due rewards, unless the program is disabled.
pub fn issue_due(tx: &Tx<'_>, audit: &Audit, ctx: &ReferralContext, now: Timestamp) -> Result<(u32, Effects), Error> {
    let mut work = UnitOfWork::begin(tx, audit, ctx)?;
    let mut count = 0;
    for row in grants::due(tx, now, limits::SWEEP_ROWS)? {
        let found = attributions::find(tx, &row.grant.key.attribution)?.ok_or(Error::NotFound("attribution"))?;
        if issue_if_due(&mut work, &found.attribution, &row.grant, now)? {
            count += 1;
            settle_attribution(&mut work, found.attribution)?;
        }
    }
    Ok((count, work.into_effects()))
}

/// `expire-rewards`: expires codes that were not used in time.
pub fn expire_rewards(tx: &Tx<'_>, audit: &Audit, ctx: &ReferralContext, now: Timestamp) -> Result<u32, Error> {
    let work = UnitOfWork::begin(tx, audit, ctx)?;
    let late: Vec<_> = grants::to_expire(tx, now, limits::SWEEP_ROWS)?.into_iter().map(|row| row.grant).collect();
    let late = sweep::expire_rewards(&late, now);
    for grant in &late {
        grants::put(tx, grant)?;
        announce_grant(&work, grant)?;
    }
    Ok(late.len() as u32)
}
