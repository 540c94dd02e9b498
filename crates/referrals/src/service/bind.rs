//! Binds a referee to the owner of a code.

use super::UnitOfWork;
use super::apply_decision::expire_attribution;
use crate::Error;
use crate::forgotten::ForgottenKey;
use crate::ids::{self, attribution_id};
use crate::storage::attributions::{self, AttributionRow, Extra};
use crate::storage::customers as customers_repo;
use crate::storage::links::{self, LinkRow};
use crate::storage::orders as orders_repo;
use flux_protocol::OrderId;
use flux_referral_rules::{Attribution, Bind, BindError, Bound, Channel, Code, Person, Reason, Status};
use flux_shop::kind;
use flux_storage::{Tx, events};
use jiff::Timestamp;
use serde_json::json;

/// The time at which the referee clicked, as far as a storefront reports it.
#[derive(Debug, Clone)]
pub enum ReportedClick {
    /// Nothing is reported.
    Unknown,
    /// The time itself.
    At(Timestamp),
    /// The id that the click got.
    Id(String),
}

impl ReportedClick {
    /// The time of the referee's click. Without a report, a link's window starts at its first click, which no stranger can
    /// repeat; a code was typed in (R2-30).
    fn time(&self, link: &LinkRow, channel: Channel, at: Timestamp) -> Option<Timestamp> {
        let reported = match self {
            ReportedClick::Unknown => None,
            ReportedClick::At(clicked) => return Some(*clicked),
            ReportedClick::Id(id) => ids::time_of_click(&link.id, id),
        };
        let first = link.first_click_at.filter(|_| channel == Channel::Link);
        reported.filter(|clicked| *clicked <= at).or(first.filter(|clicked| *clicked <= at))
    }
}

/// The input of a bind.
pub(super) struct BindRequest<'a> {
    /// The code, typed or from the link.
    pub(super) code: &'a str,
    /// The referee.
    pub(super) person: &'a Person,
    /// The player that the referee names. It may be linked to the referrer, which makes this a self-referral (D-13).
    pub(super) claimed_player: Option<flux_referral_rules::Player>,
    /// The order that a signup completes: it is no earlier purchase.
    pub(super) order: Option<&'a OrderId>,
    /// True if this event is their registration.
    pub(super) registers_now: bool,
    /// The channel.
    pub(super) channel: Channel,
    /// The click, if the storefront reports it.
    pub(super) click: &'a ReportedClick,
    /// Source and reference at the storefront.
    pub(super) external: Option<(&'a str, &'a str)>,
    /// The time of the event.
    pub(super) at: Timestamp,
}

/// Binds a referee. The flag is true if the attribution is new.
pub(super) fn bind(
    work: &mut UnitOfWork<'_>,
    request: &BindRequest<'_>,
) -> Result<Result<(AttributionRow, bool), BindError>, Error> {
    let link = match Code::parse(request.code) {
        Ok(code) => links::by_code(work.tx(), &code)?,
        Err(_) => None,
    };
    let Some(link) = link else { return Ok(Err(BindError::UnknownCode)) };
    let owner = work.referrer(&link.customer)?;
    let latest = match request.external {
        Some((source, reference)) => attributions::external(work.tx(), source, reference)?,
        None => None,
    };
    let latest = match latest {
        Some(row) => Some(row),
        None => attributions::latest_of(work.tx(), request.person)?,
    };
    // A person with two ids may have an older pending attribution under this id. That one binds.
    let open = attributions::pending_of(work.tx(), &request.person.customer)?;
    let is_open = open.as_ref().is_some_and(|row| row.attribution.status_at(request.at) == Status::Pending);
    let (latest, over) = if is_open { (open, None) } else { (latest, open) };
    let mut referee = request.person.clone();
    referee.player = referee.player.or_else(|| request.claimed_player.clone());
    let registered_at = customers_repo::registered_at(work.tx(), &referee)?;
    let own = work.customer(&referee.customer)?;
    let mistyped_code = own.mistyped_code && own.registered_at == registered_at;
    // A checkout's order is judged when it is paid.
    let asks = work.program().program.require_first_purchase || mistyped_code;
    let has_bought = request.channel != Channel::CodeCheckout
        && asks
        && orders_repo::has_bought(work.tx(), &referee, request.order)?;
    let facts = Bind {
        id: &free_id(work, &link.customer, request.person)?,
        link: Some((&link.code, &owner)),
        referee: &referee,
        registered_at,
        mistyped_code,
        was_rewarded: was_rewarded(work.tx(), &referee)?,
        registers_now: request.registers_now,
        has_bought,
        latest: latest.as_ref().map(|row| &row.attribution),
        is_circular: attributions::exists(work.tx(), &request.person.customer, &link.customer)?,
        channel: request.channel,
        clicked_at: request.click.time(&link, request.channel, request.at),
        at: request.at,
    };
    match (flux_referral_rules::bind(&work.store()?, &facts), latest) {
        (Bound::New(attribution), latest) => {
            close_expired(work, latest, request.at)?;
            close_expired(work, over, request.at)?;
            Ok(Ok((save_new(work, attribution, request)?, true)))
        }
        (Bound::Existing, Some(row)) => Ok(Ok((row, false))),
        (Bound::Existing, None) => Ok(Err(BindError::UnknownCode)),
        (Bound::Refused(refusal), _) => {
            // Record attempts at self-rewards for the admin. The event names the link, not the person.
            if matches!(refusal, BindError::Because(Reason::SelfReferral | Reason::Circular)) {
                let data = json!({"reason": refusal.as_str(), "door": request.channel.as_str()});
                events::record(work.tx(), work.audit(), kind::ATTRIBUTION_REFUSED, link.id.as_str(), &data)?;
            }
            Ok(Err(refusal))
        }
    }
}

/// Returns whether a forgotten person with this address was rewarded as a referee (D-27).
fn was_rewarded(tx: &Tx<'_>, referee: &Person) -> Result<bool, Error> {
    let Some(mailbox) = &referee.email else { return Ok(false) };
    Ok(attributions::was_forgotten(tx, &ForgottenKey::load(tx)?.hash(mailbox))?)
}

/// Finds the first free attribution id of these two customers. Replayed events get the same ids after a restore.
fn free_id(
    work: &UnitOfWork<'_>,
    referrer: &flux_referral_rules::CustomerId,
    referee: &Person,
) -> Result<flux_referral_rules::AttributionId, Error> {
    let id = |n| attribution_id(referrer, &referee.customer, n);
    let is_taken = |n| Ok::<_, Error>(attributions::find(work.tx(), &id(n))?.is_some());
    // Ids are taken in order and never freed, so a binary search finds the first free one.
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

/// Stores `expired` for an older attribution if no sweep has: only one per referee may be pending.
fn close_expired(work: &UnitOfWork<'_>, latest: Option<AttributionRow>, at: Timestamp) -> Result<(), Error> {
    let Some(AttributionRow { attribution, .. }) = latest else { return Ok(()) };
    let is_over = attribution.status == Status::Pending && attribution.status_at(at) == Status::Expired;
    if is_over { expire_attribution(work, attribution) } else { Ok(()) }
}

fn save_new(
    work: &UnitOfWork<'_>,
    attribution: Attribution,
    request: &BindRequest<'_>,
) -> Result<AttributionRow, Error> {
    let (day, week) = (work.ctx().day(request.at), work.ctx().week(request.at));
    let extra = Extra { referee: request.person, day: &day, week: &week, external: request.external };
    attributions::insert(work.tx(), &attribution, &extra)?;
    let data = json!({"door": attribution.channel.as_str(), "expiresAt": attribution.expires_at});
    events::record(work.tx(), work.audit(), kind::ATTRIBUTION_BOUND, attribution.id.as_str(), &data)?;
    attributions::find(work.tx(), &attribution.id)?.ok_or(Error::NotFound("attribution"))
}
