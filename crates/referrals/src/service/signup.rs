//! A friend comes through a link or with a code, and registers.

use super::apply_decision::apply_decision;
use super::bind::BindRequest;
use super::bind::bind;
use super::customers::{link_player_if_free, update_profile};
use super::orders::to_rules_player;
use super::{Outcome, UnitOfWork};
use crate::Error;
use crate::ReferralContext;
use crate::storage::{attributions, customers as customers_repo};
use flux_referral_rules::{Attribution, Channel, CustomerId, Person, Registration, store_day};
use flux_shop::Audit;
use flux_shop::Player;
use flux_storage::Tx;
use jiff::Timestamp;

/// `POST /attributions/signup`.
#[derive(Debug)]
pub struct Signup {
    /// The friend.
    pub customer: CustomerId,
    /// Their address.
    pub email: Option<String>,
    /// Their name.
    pub name: Option<String>,
    /// Their player.
    pub player: Option<Player>,
    /// The code, and the channel that it came through.
    pub code: Option<(String, Channel)>,
    /// Source and reference at the storefront.
    pub external: Option<(String, String)>,
    /// Whether they do not register: a guest's checkout (D-22).
    pub is_guest: bool,
    /// When they clicked.
    pub clicked_at: Option<Timestamp>,
    /// When.
    pub at: Timestamp,
}

/// A signup: binds the friend if there is a code, and registers them unless they are a guest. That nobody was bound does
/// not undo the registration.
pub fn signup(tx: &Tx<'_>, audit: &Audit, ctx: &ReferralContext, signup: &Signup) -> Result<Outcome, Error> {
    let mut work = UnitOfWork::begin(tx, audit, ctx)?;
    let id = &signup.customer;
    let external = signup.external.as_ref().map(|(source, reference)| (source.as_str(), reference.as_str()));
    if let Some((source, reference)) = external
        && let Some(row) = attributions::external(tx, source, reference)?
    {
        // The same signup, whoever it names this time (R2-20).
        return Ok(work.outcome(Some(row.attribution.id), false, None));
    }
    customers_repo::ensure_exists(tx, id, tx.now())?;
    update_profile(&mut work, id, signup.email.as_deref(), signup.name.as_deref())?;
    if let Some(player) = &signup.player {
        link_player_if_free(&mut work, id, player)?;
    }
    let who = work.customer(id)?;
    let (mut found, mut is_new, mut refusal) = (None, false, None);
    if let Some((code, channel)) = &signup.code {
        let request = BindRequest {
            code,
            person: &who.person,
            claimed_player: signup.player.as_ref().map(to_rules_player),
            registers_now: !signup.is_guest,
            channel: *channel,
            clicked_at: signup.clicked_at,
            external,
            at: signup.at,
        };
        match bind(&mut work, &request)? {
            Ok((row, new)) => (found, is_new) = (Some(row.attribution.id), new),
            Err(why) => refusal = Some(why),
        }
    }
    if !signup.is_guest {
        let registered = register_customer(&mut work, id, signup.at)?;
        found = found.or(registered);
    }
    Ok(work.outcome(found, is_new, refusal))
}

/// Somebody registers, whether or not they are bound; the attribution that rewards it, if one does.
fn register_customer(
    work: &mut UnitOfWork<'_>,
    id: &CustomerId,
    at: Timestamp,
) -> Result<Option<flux_referral_rules::AttributionId>, Error> {
    if work.customer(id)?.registered_at.is_some() {
        return Ok(None);
    }
    customers_repo::register(work.tx(), id, at, work.tx().now())?;
    work.customer_changed(id);
    reward_registration(work, id, at)
}

pub(super) fn reward_registration(
    work: &mut UnitOfWork<'_>,
    id: &CustomerId,
    at: Timestamp,
) -> Result<Option<flux_referral_rules::AttributionId>, Error> {
    let referee: Person = work.customer(id)?.person;
    let Some(row) = attributions::latest_of(work.tx(), &referee)? else { return Ok(None) };
    let attribution = row.attribution;
    if at < attribution.bound_at && attribution.registered_at.is_none() {
        // A member of before: nobody has brought them to register (R3-12).
        let known = Attribution { registered_at: Some(at), ..attribution };
        attributions::update(work.tx(), &known, row.reason)?;
        return Ok(Some(known.id));
    }
    let referrer = work.referrer(&attribution.referrer)?;
    let registered_that_day = registered_that_day(work, &attribution, at)?;
    let facts = Registration {
        attribution: follow_referee(work, &attribution, id)?,
        referrer: &referrer,
        referee: &referee,
        registered_that_day,
        at,
    };
    let decision = flux_referral_rules::register(&work.store()?, facts);
    let after = apply_decision(work, &attribution, decision)?;
    Ok(Some(after.id))
}

/// Somebody who was bound under another id, as a guest, acts under this one by now: what is still to be earned is theirs under this one, where they see
/// it (R3-08). Only who has the guest's own address or player is the guest: an order may name another's player, as a present does.
pub(super) fn follow_referee(work: &UnitOfWork<'_>, row: &Attribution, to: &CustomerId) -> Result<Attribution, Error> {
    let own = work.customer(to)?.person;
    let Some(bound) = attributions::referee(work.tx(), &row.id)? else { return Ok(row.clone()) };
    let stays = row.referee == *to
        || !bound.is(&own)
        || work.customer(&row.referrer)?.person.is(&own)
        || work.customer(&row.referee)?.registered_at.is_some()
        || attributions::pending_of(work.tx(), to)?.is_some();
    let referee = if stays { row.referee.clone() } else { to.clone() };
    Ok(Attribution { referee, ..row.clone() })
}

/// How many other friends of this referrer registered on that day of the store; not more than any rule asks for.
fn registered_that_day(work: &UnitOfWork<'_>, row: &Attribution, at: Timestamp) -> Result<u32, Error> {
    let most = work.rules().rules.iter().filter_map(|rule| rule.daily_limit).max();
    let Some(most) = most else { return Ok(0) };
    let day = store_day(at, &work.ctx().zone);
    let count = attributions::registered_between(work.tx(), &row.referrer, &row.id, (day.start, day.end), most.get())?;
    Ok(count)
}
