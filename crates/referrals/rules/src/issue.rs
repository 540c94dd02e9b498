//! Issues grants, and lists the effects that the caller must carry out.

use crate::{
    Attribution, Benefit, Completion, CustomerId, Discount, FanOut, Grant, GrantKey, GrantStatus, Issue, LedgerEntry,
    OrderTiming, Program, ProgramState, Purchase, RunOn, Status, Trigger, fan_out, safe_value,
};
use flux_protocol::ServerId;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// A side effect of a decision. The caller carries effects out in the same transaction, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Make a discount code for the grant and keep it.
    MintCode {
        /// The grant.
        grant: GrantKey,
        /// The customer.
        customer: CustomerId,
        /// The terms of the discount.
        discount: Discount,
        /// The last moment at which it can be used.
        expires_at: Option<Timestamp>,
    },
    /// Revoke the grant's code.
    RevokeCode(GrantKey),
    /// Add this entry to the ledger.
    Post(LedgerEntry),
    /// Queue these commands.
    Queue(GrantKey, FanOut),
    /// Cancel the grant's commands that have not run.
    CancelLines(GrantKey),
    /// Queue these reversal commands: on each server where a command of the grant ran, after the cancelled ones are closed.
    Reverse(GrantKey, FanOut),
}

/// A new or changed grant with its effects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The grant.
    pub grant: Grant,
    /// The effects to carry out.
    pub effects: Vec<Effect>,
}

/// The values and the servers for a reward's commands.
#[derive(Debug, Clone, Copy)]
pub struct Dispatch<'a> {
    /// The servers that are registered now (D-19).
    pub servers: &'a BTreeSet<ServerId>,
    /// The referrer's player name, where one is linked.
    pub referrer: Option<&'a str>,
    /// The referee's player name, where one is linked.
    pub referee: Option<&'a str>,
    /// The order that qualified the attribution.
    pub purchase: Option<&'a Purchase>,
}

impl Dispatch<'_> {
    /// Plans a grant's commands for one event. `{player}` is the rewarded customer's player (R0-10).
    pub(crate) fn lines(&self, grant: &Grant, run_on: RunOn) -> FanOut {
        let values = [
            ("referrer", self.referrer.unwrap_or_default().to_owned()),
            ("referee", self.referee.unwrap_or_default().to_owned()),
            ("count", grant.terms.count.to_string()),
            ("order", self.purchase.map(|purchase| purchase.order.as_str()).unwrap_or_default().to_owned()),
            ("reward", grant.terms.benefit.as_ref().map(Benefit::label).unwrap_or_default()),
        ];
        let values: BTreeMap<String, String> =
            values.into_iter().map(|(name, value)| (name.to_owned(), safe_value(&value))).collect();
        fan_out(&grant.terms.commands, run_on, self.servers, &grant.customer, &values)
    }
}

/// Issues a grant at `at`. The expiry of its code counts from then (R2-09, D-17).
pub(crate) fn issue(grant: Grant, dispatch: &Dispatch<'_>, at: Timestamp) -> Change {
    let discount = match &grant.terms.benefit {
        Some(Benefit::Discount(discount)) => Some(discount),
        _ => None,
    };
    let expires_at = discount.and_then(|discount| discount.expiry).map(|days| days.after(at));
    let mut effects = Vec::new();
    if let Some(discount) = discount {
        let (key, customer) = (grant.key.clone(), grant.customer.clone());
        effects.push(Effect::MintCode { grant: key, customer, discount: discount.clone(), expires_at });
    }
    effects.extend(LedgerEntry::of_grant(&grant, at).map(Effect::Post));
    // What was returned before the reward was due is taken back at once.
    effects
        .extend(dispatch.purchase.and_then(|after| LedgerEntry::of_share(&grant, None, after, at)).map(Effect::Post));
    if !grant.terms.commands.is_empty() {
        effects.push(Effect::Queue(grant.key.clone(), dispatch.lines(&grant, RunOn::Issue)));
    }
    Change { grant: Grant { status: GrantStatus::Issued(Issue { at, expires_at }), ..grant }, effects }
}

/// Issues a scheduled grant that is due (section 6, `issue-due`). `None`: it is not due, not scheduled, or held because the program is off (C-18).
///
/// It counts from the moment it fell due, or from the program's return if that was later, so that nothing depends on when a sweep ran (D-16).
pub fn issue_due(program: &Program, grant: &Grant, dispatch: &Dispatch<'_>, now: Timestamp) -> Option<Change> {
    let GrantStatus::Scheduled { due_at: Some(due_at) } = grant.status else { return None };
    let ProgramState::Enabled { since } = program.state else { return None };
    (due_at <= now).then(|| issue(grant.clone(), dispatch, due_at.max(since.min(now))))
}

/// The due time of an order's reward; `None` if it depends on a completion that has not happened (R4-24).
pub(crate) fn due_at(timing: OrderTiming, paid_at: Timestamp, completed_at: Option<Timestamp>) -> Option<Timestamp> {
    match timing {
        OrderTiming::AtPayment => Some(paid_at),
        OrderTiming::DaysAfterPayment(days) => Some(days.after(paid_at)),
        OrderTiming::DaysAfterCompletion(days, _) => completed_at.map(|at| days.after(at)),
    }
}

/// Sets the due time of grants that wait for the order's completion (section 6, `on completed`). A repeat changes nothing.
/// The first completion of a kind that a grant's terms accept counts; a reported one is always accepted (D-32).
pub fn complete(grants: &[Grant], how: Completion, completed_at: Timestamp) -> Vec<Grant> {
    let dated = grants.iter().filter_map(|grant| match (&grant.status, grant.terms.timing) {
        (GrantStatus::Scheduled { due_at: None }, OrderTiming::DaysAfterCompletion(days, wanted))
            if how == Completion::Told || how == wanted =>
        {
            let status = GrantStatus::Scheduled { due_at: Some(days.after(completed_at)) };
            Some(Grant { status, ..grant.clone() })
        }
        _ => None,
    });
    dated.collect()
}

/// The status of an attribution, from the grants of the qualifying trigger: rewarded if none is scheduled (D-07).
pub(crate) fn settled<'a>(grants: impl IntoIterator<Item = &'a Grant>) -> Status {
    let (mut given, mut skipped) = (false, None);
    for grant in grants {
        match &grant.status {
            GrantStatus::Scheduled { .. } => return Status::Qualified(None),
            GrantStatus::Cancelled { skipped: reason } => skipped = skipped.or(*reason),
            _ => given = true,
        }
    }
    if given || skipped.is_none() { Status::Rewarded } else { Status::Qualified(skipped) }
}

/// The attribution after some of its grants changed: `grants` are all of them as they are now.
#[must_use]
pub fn settle(attribution: Attribution, grants: &[Grant]) -> Attribution {
    if attribution.status != Status::Qualified(None) {
        return attribution;
    }
    let status = settled(grants.iter().filter(|grant| grant.key.trigger == Trigger::FirstOrder));
    Attribution { status, ..attribution }
}
