//! Codes that are given and mailed to customers who have none (R3-18): to all after a change of the settings, and to each who
//! has changed since.

use super::UnitOfWork;
use super::links::issue_link;
use super::mails::enabled_mails;
use crate::Error;
use crate::ReferralContext;
use crate::limits;
use crate::storage::{clicks, code_candidates, invitations, links, program};
use flux_referral_rules::{CustomerId, Person, Referrer, effective, mails_codes};
use flux_shop::Audit;
use flux_storage::Tx;
use flux_storage::leases::{self, Lease};

/// Returns whether customers without a code are given one and mailed it now.
fn is_on(work: &UnitOfWork<'_>) -> bool {
    mails_codes(&work.program().program, &work.rules().rules, &enabled_mails(work))
}

/// Notes a new or changed customer for the next sweep, if codes are mailed.
pub(super) fn note_customer(work: &UnitOfWork<'_>, customer: &CustomerId) -> Result<(), Error> {
    if is_on(work) { Ok(code_candidates::add(work.tx(), customer)?) } else { Ok(()) }
}

/// Lets the next sweep look at every customer, after the settings have changed. Returns the number of mails that it sends.
pub(super) fn settings_changed(work: &UnitOfWork<'_>) -> Result<u64, Error> {
    if !is_on(work) {
        return Ok(0);
    }
    program::issue_codes_from_start(work.tx())?;
    waiting(work)
}

/// The number of customers to whom the next sweeps mail a code.
pub(super) fn waiting(work: &UnitOfWork<'_>) -> Result<u64, Error> {
    if !is_on(work) {
        return Ok(0);
    }
    let store = work.store()?;
    let kinds = code_candidates::count(work.tx())?.into_iter().filter(|kind| {
        let referrer = Referrer {
            person: Person { customer: CustomerId::new(String::new()), email: None, player: None },
            tier: kind.tier.clone(),
            is_member: kind.is_member,
            is_buyer: kind.is_buyer,
            live_grants: 0,
            successful: 0,
        };
        effective(&store, &referrer).is_ok()
    });
    Ok(kinds.map(|kind| kind.count).sum())
}

/// Gives a code to customers without one, each with its mail, and deletes old clicks and invitations.
/// Returns whether there are more customers. Without the lease it does nothing.
///
/// # Errors
/// [`Error::Conflict`] if the settings have changed meanwhile: the next sweep begins with the first customer.
pub fn issue_missing_codes(tx: &Tx<'_>, audit: &Audit, ctx: &ReferralContext, lease: &Lease) -> Result<bool, Error> {
    if !leases::is_held(tx, lease)? {
        return Ok(false);
    }
    let forget = tx.now().checked_sub(limits::CLICKS_KEPT).unwrap_or(tx.now());
    clicks::forget_before(tx, forget, limits::SWEEP_ROWS)?;
    let forget = tx.now().checked_sub(limits::INVITATIONS_WITHIN).unwrap_or(tx.now());
    invitations::forget_before(tx, forget, limits::SWEEP_ROWS)?;
    let mut work = UnitOfWork::begin(tx, audit, ctx)?;
    if !is_on(&work) {
        // They are issued once all of it is on.
        return Ok(false);
    }
    let changed = code_candidates::take(tx, limits::SWEEP_ROWS)?;
    let mut has_more = changed.len() as u32 == limits::SWEEP_ROWS;
    for customer in changed {
        if work.customer(&customer)?.person.email.is_some() {
            issue_link(&mut work, &customer)?;
        }
    }
    let Some(after) = work.program().codes_after.clone() else { return Ok(has_more) };
    let found = links::customers_without(tx, &after, limits::SWEEP_ROWS)?;
    let is_full = found.len() as u32 == limits::SWEEP_ROWS;
    let last = found.last().map(|id| id.as_str().to_owned()).filter(|_| is_full);
    has_more |= is_full;
    for customer in found {
        issue_link(&mut work, &customer)?;
    }
    if !program::move_codes(tx, &after, last.as_deref())? {
        return Err(Error::conflict("codes_moved", "somebody else has moved the progress of the codes"));
    }
    Ok(has_more)
}
