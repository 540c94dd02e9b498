//! Binds a referee to a referrer, and finds the attribution of a paid order.

use crate::attribution::deadline;
use crate::{
    Attribution, AttributionId, Channel, Code, Person, Program, Reason, Referrer, Rule, SelfReferral, Status, Store,
    effective,
};
use flux_protocol::OrderId;
use jiff::Timestamp;

/// A referee who arrives through a channel with a code.
#[derive(Debug, Clone)]
pub struct Bind<'a> {
    /// The id that a new attribution gets.
    pub id: &'a AttributionId,
    /// The stored code and its owner; `None` if the code is unknown.
    pub link: Option<(&'a Code, &'a Referrer)>,
    /// The referee.
    pub referee: &'a Person,
    /// The time of an earlier registration.
    pub registered_at: Option<Timestamp>,
    /// True if that registration named a code that nobody has (D-26).
    pub mistyped_code: bool,
    /// True if a person who had this address was rewarded as a referee and was forgotten (D-27).
    pub was_rewarded: bool,
    /// True if this event is their registration: a signup that is not a guest's (D-22).
    pub registers_now: bool,
    /// True if this person has a purchase, other than the order that a signup completes (D-23).
    pub has_bought: bool,
    /// The newest attribution of this person as a referee (D-23), or of this external reference (R2-20).
    pub latest: Option<&'a Attribution>,
    /// True if an attribution has them as the referrer and the code's owner as the referee (D-14).
    pub is_circular: bool,
    /// The channel.
    pub channel: Channel,
    /// The time of the click, if there was one.
    pub clicked_at: Option<Timestamp>,
    /// The time of the event.
    pub at: Timestamp,
}

/// The reason for a refused bind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BindError {
    /// No customer has this code (404).
    UnknownCode,
    /// The channel is closed (409).
    ChannelClosed,
    /// A rule of the program refuses the bind (409).
    Because(Reason),
}

impl BindError {
    /// The error code of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            BindError::UnknownCode => "unknown_code",
            BindError::ChannelClosed => "door_closed",
            BindError::Because(reason) => reason.as_str(),
        }
    }
}

/// The result of a bind. A refusal never fails the shop's own signup or checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "there is one per event, and it is taken apart at once")]
pub enum Bound {
    /// A new attribution, to be kept (201).
    New(Attribution),
    /// The first bind stays (D-02): the newest attribution of the referee (200).
    Existing,
    /// The bind was refused.
    Refused(BindError),
}

/// Binds a referee to the owner of the code (section 6, `bind`). The tests run in the specification's order.
pub fn bind(store: &Store<'_>, facts: &Bind<'_>) -> Bound {
    match check(store, facts) {
        Ok(attribution) => attribution.map_or(Bound::Existing, Bound::New),
        Err(refusal) => Bound::Refused(refusal),
    }
}

fn check(store: &Store<'_>, facts: &Bind<'_>) -> Result<Option<Attribution>, BindError> {
    let program = store.program;
    let (code, owner) = facts.link.ok_or(BindError::UnknownCode)?;
    let rule = validate(store, owner, facts.channel)?;
    if facts.latest.is_some_and(|latest| !makes_room(latest, program, facts.channel, facts.at)) {
        return Ok(None);
    }
    if program.self_referral == SelfReferral::Block && owner.person.is(facts.referee) {
        return Err(BindError::Because(Reason::SelfReferral));
    }
    if facts.is_circular {
        return Err(BindError::Because(Reason::Circular));
    }
    let repeats = facts.channel == Channel::CodeCheckout && !program.require_first_purchase;
    if facts.was_rewarded && !repeats {
        return Err(BindError::Because(Reason::ExistingCustomer));
    }
    if facts.channel != Channel::CodeCheckout && is_existing_customer(program, rule, facts) {
        return Err(BindError::Because(Reason::ExistingCustomer));
    }
    let window_ends_at = program.window.map(|window| window.after(facts.clicked_at.unwrap_or(facts.at)));
    if window_ends_at.is_some_and(|end| facts.at > end) {
        return Err(BindError::Because(Reason::TooLate));
    }
    let registered_at = facts.registered_at.or(facts.registers_now.then_some(facts.at));
    Ok(Some(Attribution {
        id: facts.id.clone(),
        code: code.clone(),
        referrer: owner.person.customer.clone(),
        referee: facts.referee.customer.clone(),
        channel: facts.channel,
        clicked_at: facts.clicked_at,
        bound_at: facts.at,
        // The registration with a mistyped code is rewarded now that the code is known.
        registered_at: facts.registered_at.filter(|_| !facts.mistyped_code),
        window_ends_at,
        valid_by: registered_at.map(|_| rule.id.clone()),
        expires_at: deadline(window_ends_at, registered_at, rule),
        status: Status::Pending,
        purchase: None,
    }))
}

/// Returns whether a signup comes too late to earn anything: after a registration, unless its code was mistyped and nothing was
/// bought since (D-26), or after a purchase where only a first order is rewarded (D-25).
fn is_existing_customer(program: &Program, rule: &Rule, facts: &Bind<'_>) -> bool {
    let needs_first_order = program.require_first_purchase && !rule.rewards_registrations();
    let mends = facts.mistyped_code && !facts.has_bought;
    (facts.registered_at.is_some() && !mends) || (facts.has_bought && needs_first_order)
}

/// Returns whether a referee with this attribution may open another (D-04): at checkout, if this one is closed and repeat purchases count.
fn makes_room(latest: &Attribution, program: &Program, channel: Channel, at: Timestamp) -> bool {
    let is_closed = latest.status_at(at) != Status::Pending;
    channel == Channel::CodeCheckout && !program.require_first_purchase && is_closed
}

/// The attribution for which an order is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Candidate<'a> {
    /// An existing attribution.
    Known(&'a Attribution),
    /// A new one, if the order's code binds.
    ByCode,
    /// No attribution: the order does not belong to a referral.
    None,
}

/// Finds the attribution of a paid order (section 6, `on paid`; D-04): the one that it qualified, else the buyer's newest, else one by its code.
pub fn candidate<'a>(
    program: &Program,
    order: &OrderId,
    qualified: Option<&'a Attribution>,
    latest: Option<&'a Attribution>,
    has_code: bool,
    at: Timestamp,
) -> Candidate<'a> {
    match (qualified.filter(|row| row.is_qualified_by(order)), latest) {
        (Some(row), _) => Candidate::Known(row),
        (None, Some(row)) if has_code && makes_room(row, program, Channel::CodeCheckout, at) => Candidate::ByCode,
        (None, Some(row)) => Candidate::Known(row),
        (None, None) if has_code => Candidate::ByCode,
        (None, None) => Candidate::None,
    }
}

/// The rule under which an existing code may be used through this channel, or why it may not (R0-15, R3-22). The referee is
/// checked when they come.
///
/// # Errors
///
/// [`BindError::Because`] if the code's owner does not refer at present, and [`BindError::ChannelClosed`].
pub fn validate<'a>(store: &Store<'a>, owner: &Referrer, channel: Channel) -> Result<&'a Rule, BindError> {
    let rule = effective(store, owner).map_err(BindError::Because)?;
    if store.program.channels.is_open(channel) { Ok(rule) } else { Err(BindError::ChannelClosed) }
}
