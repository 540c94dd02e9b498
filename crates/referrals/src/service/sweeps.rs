//! Sweeps: expire attributions and codes past their deadline, and issue due rewards. Each call is one transaction and
//! returns its number of rows; if that is the limit, there may be more.

use super::UnitOfWork;
use super::apply_decision::{announce_grant, expire_attribution, issue_if_due, settle_attribution};
use super::links::issue_link;
use crate::Effects;
use crate::Error;
use crate::ReferralContext;
use crate::limits;
use crate::storage::{attributions, clicks, grants, invitations, links, program};
use flux_referral_rules::{ProgramState, sweep};
use flux_shop::Audit;
use flux_storage::Tx;
use flux_storage::leases::{self, Lease};
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

/// Issues codes to customers without one after codes were enabled, each with its mail (R3-18), and deletes old clicks and
/// invitations.
/// Returns whether there are more customers. Without the lease it does nothing.
///
/// # Errors
/// [`Error::Conflict`] if codes were enabled again meanwhile: the next sweep begins with the first customer.
pub fn issue_missing_codes(tx: &Tx<'_>, audit: &Audit, ctx: &ReferralContext, lease: &Lease) -> Result<bool, Error> {
    if !leases::is_held(tx, lease)? {
        return Ok(false);
    }
    let forget = tx.now().checked_sub(limits::CLICKS_KEPT).unwrap_or(tx.now());
    clicks::forget_before(tx, forget, limits::SWEEP_ROWS)?;
    let forget = tx.now().checked_sub(limits::INVITATIONS_WITHIN).unwrap_or(tx.now());
    invitations::forget_before(tx, forget, limits::SWEEP_ROWS)?;
    let row = program::load(tx, &ctx.zone)?;
    if row.program.state == ProgramState::Disabled {
        // They are issued once the program is enabled again.
        return Ok(false);
    }
    let Some(after) = row.codes_after else { return Ok(false) };
    let mut work = UnitOfWork::begin(tx, audit, ctx)?;
    let found = links::customers_without(tx, &after, limits::SWEEP_ROWS)?;
    let has_more = found.len() as u32 == limits::SWEEP_ROWS;
    let last = found.last().map(|(id, _)| id.as_str().to_owned()).filter(|_| has_more);
    for (customer, _) in found {
        issue_link(&mut work, &customer)?;
    }
    if !program::move_codes(tx, &after, last.as_deref())? {
        return Err(Error::conflict("codes_moved", "somebody else has moved the progress of the codes"));
    }
    Ok(has_more)
}
