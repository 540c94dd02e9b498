use super::{ServiceError, Work};
use flux_referral_rules::{Attribution, Bind, Bound, Code, Door, Person, Reason, Refusal, Status, bind};
use flux_referrals::model::attribution_id;
use flux_referrals::storage::attributions::{self, AttributionRow, Extra};
use flux_referrals::storage::{clicks, links, people};
use flux_shop::kind;
use flux_storage::events;
use jiff::Timestamp;
use serde_json::json;

/// A friend with a code.
pub(super) struct Comer<'a> {
    /// The code as it was typed, or came with the link.
    pub(super) code: &'a str,
    /// The friend.
    pub(super) person: &'a Person,
    /// The player that they say is theirs, which may be somebody's already: whoever plays as the referrer is the referrer (D-13).
    pub(super) says: Option<flux_referral_rules::Player>,
    /// Whether they register with this very event.
    pub(super) registers_now: bool,
    /// Through which door.
    pub(super) door: Door,
    /// When they clicked, where the storefront says so.
    pub(super) clicked_at: Option<Timestamp>,
    /// Source and reference at the storefront.
    pub(super) external: Option<(&'a str, &'a str)>,
    /// When.
    pub(super) at: Timestamp,
}

impl Work<'_> {
    /// Binds a friend to whoever's code they bring; true if the attribution is new.
    pub(super) fn bind(&mut self, comer: &Comer<'_>) -> Result<Result<(AttributionRow, bool), Refusal>, ServiceError> {
        let link = match Code::parse(comer.code) {
            Ok(code) => links::by_code(self.tx, &code)?,
            Err(_) => None,
        };
        let Some(link) = link else { return Ok(Err(Refusal::UnknownCode)) };
        let owner = self.referrer(&link.customer)?;
        let latest = match comer.external {
            Some((source, reference)) => attributions::external(self.tx, source, reference)?,
            None => None,
        };
        let latest = match latest {
            Some(row) => Some(row),
            None => attributions::latest_of(self.tx, comer.person)?,
        };
        // The same person under two ids may have an older one open under this id: it binds.
        let open = attributions::pending_of(self.tx, &comer.person.customer)?;
        let is_open = open.as_ref().is_some_and(|row| row.attribution.status_at(comer.at) == Status::Pending);
        let (latest, over) = if is_open { (open, None) } else { (latest, open) };
        // A link's click starts the window; a code was typed in (R2-30).
        let clicked_at = match (comer.clicked_at, comer.door) {
            (None, Door::Link) => clicks::newest(self.tx, &link.id, comer.at)?,
            (clicked_at, _) => clicked_at,
        };
        let mut referee = comer.person.clone();
        referee.player = referee.player.or_else(|| comer.says.clone());
        let facts = Bind {
            id: &self.free_id(&link.customer, comer.person)?,
            link: Some((&link.code, &owner)),
            referee: &referee,
            registered_at: people::registered_at(self.tx, &referee)?,
            registers_now: comer.registers_now,
            latest: latest.as_ref().map(|row| &row.attribution),
            is_circular: attributions::exists(self.tx, &comer.person.customer, &link.customer)?,
            door: comer.door,
            clicked_at,
            at: comer.at,
        };
        match (bind(&self.store(), &facts), latest) {
            (Bound::New(attribution), latest) => {
                self.make_room(latest, comer.at)?;
                self.make_room(over, comer.at)?;
                Ok(Ok((self.keep(attribution, comer)?, true)))
            }
            (Bound::Existing, Some(row)) => Ok(Ok((row, false))),
            (Bound::Existing, None) => Ok(Err(Refusal::UnknownCode)),
            (Bound::Refused(refusal), _) => {
                // Somebody has tried to reward themselves: that is worth a look. The event names the link, not the person.
                if matches!(refusal, Refusal::Because(Reason::SelfReferral | Reason::Circular)) {
                    let data = json!({"reason": refusal.as_str(), "door": comer.door.as_str()});
                    events::record(self.tx, self.by, kind::ATTRIBUTION_REFUSED, link.id.as_str(), &data)?;
                }
                Ok(Err(refusal))
            }
        }
    }

    /// The first id of these two that is free: the same after a restore, as long as the same things happen again.
    fn free_id(
        &self,
        referrer: &flux_referral_rules::CustomerId,
        referee: &Person,
    ) -> Result<flux_referral_rules::AttributionId, ServiceError> {
        let id = |n| attribution_id(referrer, &referee.customer, n);
        let is_taken = |n| Ok::<_, ServiceError>(attributions::find(self.tx, &id(n))?.is_some());
        // They are taken in their order, and none becomes free again: a few looks find the first one that is.
        let (mut taken, mut free) = (0, 0);
        while is_taken(free)? {
            (taken, free) = (free, free * 2 + 1);
        }
        while free > taken + 1 {
            let middle = taken.midpoint(free);
            if is_taken(middle)? { taken = middle } else { free = middle }
        }
        Ok(id(free))
    }

    /// Writes down that the older attribution is over, where no sweep has: only one of a friend's is open.
    fn make_room(&self, latest: Option<AttributionRow>, at: Timestamp) -> Result<(), ServiceError> {
        let Some(AttributionRow { attribution, .. }) = latest else { return Ok(()) };
        let is_over = attribution.status == Status::Pending && attribution.status_at(at) == Status::Expired;
        if is_over { self.expire(attribution) } else { Ok(()) }
    }

    fn keep(&self, attribution: Attribution, comer: &Comer<'_>) -> Result<AttributionRow, ServiceError> {
        let (day, week) = (self.desk.day(comer.at), self.desk.week(comer.at));
        let extra = Extra { referee: comer.person, day: &day, week: &week, external: comer.external };
        attributions::insert(self.tx, &attribution, &extra)?;
        let data = json!({"door": attribution.door.as_str(), "expiresAt": attribution.expires_at});
        events::record(self.tx, self.by, kind::ATTRIBUTION_BOUND, attribution.id.as_str(), &data)?;
        attributions::find(self.tx, &attribution.id)?.ok_or(ServiceError::NotFound("attribution"))
    }
}
