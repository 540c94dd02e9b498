//! A friend comes through a link or with a code, and registers.

use super::bind::Comer;
use super::orders::said;
use super::{Desk, Outcome, ServiceError, Work};
use crate::services::Audit;
use flux_referral_rules::{Attribution, CustomerId, Door, Person, Registration, register, store_day};
use flux_referrals::storage::{attributions, people as rows};
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
    /// The code, and the door that it came through.
    pub code: Option<(String, Door)>,
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
pub fn signup(tx: &Tx<'_>, by: &Audit, desk: &Desk, signup: &Signup) -> Result<Outcome, ServiceError> {
    let mut work = Work::begin(tx, by, desk)?;
    let id = &signup.customer;
    let external = signup.external.as_ref().map(|(source, reference)| (source.as_str(), reference.as_str()));
    if let Some((source, reference)) = external
        && let Some(row) = attributions::external(tx, source, reference)?
    {
        // The same signup, whoever it names this time (R2-20).
        return Ok(work.outcome(Some(row.attribution.id), false, None));
    }
    rows::meet(tx, id, by.now)?;
    work.learn(id, signup.email.as_deref(), signup.name.as_deref())?;
    if let Some(player) = &signup.player {
        work.link_player_if_free(id, player)?;
    }
    let who = work.customer(id)?;
    let (mut found, mut is_new, mut refusal) = (None, false, None);
    if let Some((code, door)) = &signup.code {
        let comer = Comer {
            code,
            person: &who.person,
            says: signup.player.as_ref().map(said),
            registers_now: !signup.is_guest,
            door: *door,
            clicked_at: signup.clicked_at,
            external,
            at: signup.at,
        };
        match work.bind(&comer)? {
            Ok((row, new)) => (found, is_new) = (Some(row.attribution.id), new),
            Err(why) => refusal = Some(why),
        }
    }
    if !signup.is_guest {
        let registered = work.register(id, signup.at)?;
        found = found.or(registered);
    }
    Ok(work.outcome(found, is_new, refusal))
}

/// The storefront says that a customer is registered since then.
pub fn registered(
    tx: &Tx<'_>,
    by: &Audit,
    desk: &Desk,
    id: &CustomerId,
    at: Timestamp,
) -> Result<super::Wake, ServiceError> {
    let mut work = Work::begin(tx, by, desk)?;
    work.registered(id, at)?;
    Ok(work.wake)
}

impl Work<'_> {
    pub(super) fn outcome(
        self,
        attribution: Option<flux_referral_rules::AttributionId>,
        is_new: bool,
        refusal: Option<flux_referral_rules::Refusal>,
    ) -> Outcome {
        Outcome { attribution, is_new, refusal, wake: self.wake }
    }

    /// Somebody registers, whether or not they are bound; the attribution that rewards it, if one does.
    fn register(
        &mut self,
        id: &CustomerId,
        at: Timestamp,
    ) -> Result<Option<flux_referral_rules::AttributionId>, ServiceError> {
        if self.customer(id)?.registered_at.is_some() {
            return Ok(None);
        }
        rows::register(self.tx, id, at, self.by.now)?;
        self.registered(id, at)
    }

    fn registered(
        &mut self,
        id: &CustomerId,
        at: Timestamp,
    ) -> Result<Option<flux_referral_rules::AttributionId>, ServiceError> {
        let referee: Person = self.customer(id)?.person;
        let Some(row) = attributions::latest_of(self.tx, &referee)? else { return Ok(None) };
        let attribution = row.attribution;
        if at < attribution.bound_at && attribution.registered_at.is_none() {
            // A member of before: nobody has brought them to register (R3-12).
            let known = Attribution { registered_at: Some(at), ..attribution };
            attributions::update(self.tx, &known, row.reason)?;
            return Ok(Some(known.id));
        }
        let referrer = self.referrer(&attribution.referrer)?;
        let registered_that_day = self.registered_that_day(&attribution, at)?;
        let facts = Registration {
            attribution: self.follow(&attribution, id)?,
            referrer: &referrer,
            referee: &referee,
            registered_that_day,
            at,
        };
        let decision = register(&self.store(), facts);
        let after = self.write(&attribution, decision)?;
        Ok(Some(after.id))
    }

    /// Somebody who was bound under another id, as a guest, acts under this one by now: what is still to be earned is theirs under this one, where they see
    /// it (R3-08). Only who has the guest's own address or player is the guest: an order may name another's player, as a present does.
    pub(super) fn follow(&self, row: &Attribution, to: &CustomerId) -> Result<Attribution, ServiceError> {
        let own = self.customer(to)?.person;
        let Some(bound) = attributions::referee(self.tx, &row.id)? else { return Ok(row.clone()) };
        let stays = row.referee == *to
            || !bound.is(&own)
            || self.customer(&row.referrer)?.person.is(&own)
            || self.customer(&row.referee)?.registered_at.is_some()
            || attributions::pending_of(self.tx, to)?.is_some();
        let referee = if stays { row.referee.clone() } else { to.clone() };
        Ok(Attribution { referee, ..row.clone() })
    }

    /// How many other friends of this referrer registered on that day of the store; not more than any rule asks for.
    fn registered_that_day(&self, row: &Attribution, at: Timestamp) -> Result<u32, ServiceError> {
        let most = self.rules.rules.iter().filter_map(|rule| rule.daily_limit).max();
        let Some(most) = most else { return Ok(0) };
        let day = store_day(at, &self.desk.zone);
        let count =
            attributions::registered_between(self.tx, &row.referrer, &row.id, (day.start, day.end), most.get())?;
        Ok(count)
    }
}
