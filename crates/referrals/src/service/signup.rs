//! Signups of referees: the bind, and the reward of the registration.

use super::apply_decision::apply_decision;
use super::bind::{BindRequest, ReportedClick, bind};
use super::codes_to_mail::note_customer;
use super::customers::{claim_player, update_profile};
use super::evaluate_order::{evaluate_earlier_payment, paid_before_signup};
use super::orders::to_rules_player;
use super::{Outcome, UnitOfWork};
use crate::Error;
use crate::ReferralContext;
use crate::storage::{attributions, customers as customers_repo};
use flux_referral_rules::{
    Attribution, AttributionId, BindError, Channel, CustomerId, Person, Registration, effective, store_day,
};
use flux_shop::{Audit, Player, SessionId};
use flux_storage::Tx;
use jiff::Timestamp;

/// The input of `POST /attributions/signup`.
#[derive(Debug)]
pub struct Signup {
    /// The referee.
    pub customer: CustomerId,
    /// The e-mail address.
    pub email: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// The player.
    pub player: Option<Player>,
    /// The code and its channel.
    pub code: Option<(String, Channel)>,
    /// Source and reference at the storefront.
    pub external: Option<(String, String)>,
    /// The checkout session in which they pay.
    pub session: Option<SessionId>,
    /// True for a guest's checkout, which is no registration (D-22).
    pub is_guest: bool,
    /// The click, if reported.
    pub click: ReportedClick,
    /// The time of the event.
    pub at: Timestamp,
}

/// Binds the referee if there is a code, and registers them unless they are a guest. A refused bind does not undo the
/// registration.
pub fn signup(tx: &Tx<'_>, audit: &Audit, ctx: &ReferralContext, signup: &Signup) -> Result<Outcome, Error> {
    let mut work = UnitOfWork::begin(tx, audit, ctx)?;
    let id = &signup.customer;
    let external = signup.external.as_ref().map(|(source, reference)| (source.as_str(), reference.as_str()));
    if let Some((source, reference)) = external
        && let Some(row) = attributions::external(tx, source, reference)?
    {
        // A repeated signup, whichever customer it names this time (R2-20).
        name_session(tx, &row.attribution.id, signup.session.as_ref())?;
        return Ok(work.outcome(Some(row.attribution.id), false, None));
    }
    customers_repo::ensure_exists(tx, id, tx.now())?;
    update_profile(&mut work, id, signup.email.as_deref(), signup.name.as_deref())?;
    if let Some(player) = &signup.player {
        claim_player(&mut work, id, player)?;
    }
    let who = work.customer(id)?;
    let paid = match &signup.session {
        Some(session) => paid_before_signup(&work, session, &who.person)?,
        None => None,
    };
    let (mut found, mut is_new, mut refusal) = (None, false, None);
    if let Some((code, channel)) = &signup.code {
        let request = BindRequest {
            code,
            person: &who.person,
            claimed_player: signup.player.as_ref().map(to_rules_player),
            order: paid.as_ref().map(|order| &order.record.id),
            registers_now: !signup.is_guest,
            channel: *channel,
            click: &signup.click,
            external,
            at: signup.at,
        };
        match bind(&mut work, &request)? {
            Ok((row, new)) => (found, is_new) = (Some(row.attribution.id), new),
            Err(why) => refusal = Some(why),
        }
    }
    match who.registered_at {
        // The right code after a mistyped one: no other signup binds somebody who has registered (D-26).
        Some(registered_at) if is_new => {
            reward_registration(&mut work, id, registered_at, signup.at)?;
        }
        Some(_) => {}
        None if signup.is_guest => {}
        None => {
            let is_mistyped = refusal == Some(BindError::UnknownCode);
            let registered = register_customer(&mut work, id, is_mistyped, signup.at)?;
            found = found.or(registered);
        }
    }
    note_customer(&work, id)?;
    if let Some(id) = &found {
        name_session(tx, id, signup.session.as_ref())?;
        if let Some(order) = paid {
            evaluate_earlier_payment(&mut work, order, &who.person, id)?;
        }
    }
    Ok(work.outcome(found, is_new, refusal))
}

/// Stores the session of a signup, by which its payment may name the friend (R2-37).
fn name_session(tx: &Tx<'_>, id: &AttributionId, session: Option<&SessionId>) -> Result<(), Error> {
    session.map_or(Ok(()), |session| Ok(attributions::set_session(tx, id, session)?))
}

/// Registers a customer, bound or not. Returns the attribution that rewards it.
fn register_customer(
    work: &mut UnitOfWork<'_>,
    id: &CustomerId,
    is_mistyped: bool,
    at: Timestamp,
) -> Result<Option<AttributionId>, Error> {
    customers_repo::register(work.tx(), id, at, is_mistyped, work.tx().now())?;
    work.customer_changed(id);
    reward_registration(work, id, at, at)
}

/// Rewards the registration of a bound customer. `at` is the time of the event, which may mend a code of the registration.
pub(super) fn reward_registration(
    work: &mut UnitOfWork<'_>,
    id: &CustomerId,
    registered_at: Timestamp,
    at: Timestamp,
) -> Result<Option<AttributionId>, Error> {
    let referee: Person = work.customer(id)?.person;
    let Some(row) = attributions::latest_of(work.tx(), &referee)? else { return Ok(None) };
    let attribution = row.attribution;
    let referrer = work.referrer(&attribution.referrer)?;
    if at < attribution.bound_at && attribution.registered_at.is_none() {
        // They had registered before the bind, so the referrer earns nothing (R3-12).
        let known = Attribution { registered_at: Some(registered_at), ..attribution };
        let known = match effective(&work.store()?, &referrer) {
            Ok(rule) => known.valid_under(rule),
            Err(_) => known,
        };
        attributions::update(work.tx(), &known, row.reason)?;
        return Ok(Some(known.id));
    }
    let registered_that_day = registered_that_day(work, &attribution, registered_at)?;
    let facts = Registration {
        attribution: follow_referee(work, &attribution, id)?,
        referrer: &referrer,
        referee: &referee,
        registered_that_day,
        registered_at,
        at,
    };
    let decision = flux_referral_rules::register(&work.store()?, facts);
    let after = apply_decision(work, &attribution, decision)?;
    Ok(Some(after.id))
}

/// Moves an attribution from a guest's id to the customer id that the referee uses now, so that they see its rewards
/// (R3-08). The guest's own address or player must match, because an order may be a present for another player.
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

/// Counts the referrer's other referees who registered on that day of the store, up to the highest daily limit.
fn registered_that_day(work: &UnitOfWork<'_>, row: &Attribution, at: Timestamp) -> Result<u32, Error> {
    let most = work.rules().rules.iter().filter_map(|rule| rule.daily_limit).max();
    let Some(most) = most else { return Ok(0) };
    let day = store_day(at, &work.ctx().zone);
    let count = attributions::registered_between(work.tx(), &row.referrer, &row.id, (day.start, day.end), most.get())?;
    Ok(count)
}
