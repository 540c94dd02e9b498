//! Rewards the registration of a bound referee.

use crate::issue::settled;
use crate::open::Opening;
use crate::{
    Attribution, Decision, Dispatch, OrderTiming, Person, Reason, Referrer, Status, Store, Trigger, effective,
};
use jiff::Timestamp;

/// The registration of a bound referee.
#[derive(Debug, Clone)]
pub struct Registration<'a> {
    /// The attribution that binds them.
    pub attribution: Attribution,
    /// The referrer.
    pub referrer: &'a Referrer,
    /// The referee.
    pub referee: &'a Person,
    /// The number of other referees of this referrer who registered in the [`crate::store_day`] that has `registered_at` in it.
    pub registered_that_day: u32,
    /// The time of the registration.
    pub registered_at: Timestamp,
    /// The time of the event: later than the registration if a mistyped code was mended (D-26).
    pub at: Timestamp,
}

/// Rewards a registration (section 6, `on registration`). The second one of the same attribution changes nothing.
pub fn register(store: &Store<'_>, facts: Registration<'_>) -> Decision {
    let Registration { attribution, referrer, referee, registered_that_day, registered_at, at } = facts;
    if attribution.registered_at.is_some() {
        return Decision::unchanged(attribution, None);
    }
    let status = attribution.status_at(at);
    match status {
        Status::Expired => return Decision::unchanged(Attribution { status, ..attribution }, Some(Reason::TooLate)),
        Status::Voided(reason) => return Decision::unchanged(attribution, Some(reason)),
        Status::Pending | Status::Qualified(_) | Status::Rewarded => {}
    }
    let attribution = Attribution { registered_at: Some(registered_at), status, ..attribution };
    let rule = match effective(store, referrer) {
        Ok(rule) => rule,
        Err(reason) => return Decision::unchanged(attribution, Some(reason)),
    };
    let attribution = attribution.valid_under(rule);
    let name = |person: &'_ Person| person.player.as_ref().map(|player| player.name.clone());
    let (referrer_name, referee_name) = (name(&referrer.person), name(referee));
    let opening = Opening {
        store,
        rule,
        referrer,
        attribution: &attribution,
        trigger: Trigger::Registration,
        dispatch: Dispatch {
            servers: store.servers,
            referrer: referrer_name.as_deref(),
            referee: referee_name.as_deref(),
            purchase: None,
        },
        at,
    };
    let is_over = rule.daily_limit.is_some_and(|limit| registered_that_day >= limit.get());
    let skip = is_over.then_some(Reason::DailyLimitReached);
    let of_referrer = opening.referrer(skip, OrderTiming::AtPayment, Some(at));
    let changes: Vec<_> = of_referrer.into_iter().chain(opening.referee()).collect();
    let status = match attribution.status {
        Status::Pending if !rule.rewards_orders() => settled(changes.iter().map(|change| &change.grant)),
        other => other,
    };
    Decision { attribution: Attribution { status, ..attribution }, changes, reason: None }
}
