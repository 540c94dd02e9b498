//! Voids attributions, and reverses the rewards of their orders.

use crate::{
    Attribution, Benefit, Change, Decision, Dispatch, Effect, Grant, GrantStatus, LedgerEntry, OrderRecord, Program,
    Purchase, Reason, RunOn, Status, Trigger, issue_due,
};
use jiff::Timestamp;

/// A grant, and whether any of its commands has run.
#[derive(Debug, Clone)]
pub struct Held {
    /// The grant.
    pub grant: Grant,
    /// True if the game has run at least one of its commands.
    pub has_run: bool,
}

/// Handles a refund, a cancellation, a chargeback or a return (D-09 to D-11). `order` already contains it.
///
/// An attribution stays unchanged if another order qualified it, or if the remainder of the order still qualifies.
pub fn void(
    program: &Program,
    attribution: Attribution,
    grants: &[Held],
    order: &OrderRecord,
    dispatch: &Dispatch<'_>,
    at: Timestamp,
) -> Decision {
    let Some(purchase) = attribution.purchase.clone().filter(|purchase| purchase.order == order.id) else {
        return Decision::unchanged(attribution, None);
    };
    let purchase = Purchase { refunded: order.refunded, ..purchase };
    let undone = order.undone.map(|(reversal, _)| Reason::from(reversal));
    let decision = match undone.or((!purchase.still_counts()).then_some(Reason::Refunded)) {
        Some(reason) => withdraw(program, attribution, grants, reason, dispatch, at),
        None => take_share(attribution, grants, &purchase, at),
    };
    Decision { attribution: Attribution { purchase: Some(purchase), ..decision.attribution }, ..decision }
}

/// Takes back the share of issued points and credit that a return of a part corresponds to (D-30). A reward that is not
/// issued yet loses its share when it is.
fn take_share(attribution: Attribution, grants: &[Held], after: &Purchase, at: Timestamp) -> Decision {
    if !attribution.status.is_successful() {
        return Decision::unchanged(attribution, None);
    }
    let before = attribution.purchase.as_ref();
    let issued = grants.iter().map(|held| &held.grant).filter(|grant| matches!(grant.status, GrantStatus::Issued(_)));
    let change = |grant: &Grant| {
        let entry = LedgerEntry::of_share(grant, before, after, at)?;
        Some(Change { grant: grant.clone(), effects: vec![Effect::Post(entry)] })
    };
    let changes = issued.filter_map(change).collect();
    Decision { attribution, changes, reason: None }
}

/// Voids an attribution for any reason, including an admin's request. Only rewards of orders are reversed (D-10).
///
/// Rewards due at `at` count as issued (D-16), so that the result does not depend on sweeps. The order in `dispatch` is as
/// of before the event: what its earlier refunds took back is not taken again.
pub fn withdraw(
    program: &Program,
    attribution: Attribution,
    grants: &[Held],
    reason: Reason,
    dispatch: &Dispatch<'_>,
    at: Timestamp,
) -> Decision {
    match attribution.status_at(at) {
        Status::Pending | Status::Qualified(_) | Status::Rewarded => {}
        Status::Expired | Status::Voided(_) => return Decision::unchanged(attribution, None),
    }
    let of_orders = grants.iter().filter(|held| held.grant.key.trigger == Trigger::FirstOrder);
    let changes = of_orders.filter_map(|held| {
        let due = issue_due(program, &held.grant, dispatch, at);
        let (grant, mut effects) =
            due.map_or((held.grant.clone(), Vec::new()), |change| (change.grant, change.effects));
        let (grant, more) = reverse_grant(&grant, held.has_run, reason, dispatch, at);
        effects.extend(more);
        (grant != held.grant || !effects.is_empty()).then_some(Change { grant, effects })
    });
    let changes = changes.collect();
    Decision {
        attribution: Attribution { status: Status::Voided(reason), ..attribution },
        changes,
        reason: Some(reason),
    }
}

/// A grant after the reversal of its order, with the effects (section 5, C-07).
fn reverse_grant(
    grant: &Grant,
    has_run: bool,
    reason: Reason,
    dispatch: &Dispatch<'_>,
    at: Timestamp,
) -> (Grant, Vec<Effect>) {
    let with = |status: GrantStatus| Grant { status, ..grant.clone() };
    let mut effects = Vec::new();
    let issue = match grant.status_at(at) {
        GrantStatus::Scheduled { .. } => return (with(GrantStatus::Cancelled { skipped: None }), effects),
        GrantStatus::Revoked(_) | GrantStatus::Cancelled { .. } => return (grant.clone(), effects),
        GrantStatus::Issued(issue) => Some(issue),
        GrantStatus::Used(..) | GrantStatus::Expired(_) => None,
    };
    if !grant.terms.commands.is_empty() {
        effects.push(Effect::CancelLines(grant.key.clone()));
        let planned = dispatch.lines(grant, RunOn::Void);
        if !planned.lines.is_empty() {
            effects.push(Effect::Reverse(grant.key.clone(), planned));
        }
    }
    let terms = grant.terms.on_return;
    let is_recovered = match &grant.terms.benefit {
        Some(Benefit::Discount(_)) => terms.revoke_unused_codes,
        Some(Benefit::Points(_) | Benefit::StoreCredit(_)) => terms.recover_points,
        None => !has_run,
    };
    let Some(issue) = issue.filter(|_| is_recovered) else { return (grant.clone(), effects) };
    if let Some(Benefit::Discount(_)) = grant.terms.benefit {
        effects.push(Effect::RevokeCode(grant.key.clone()));
    }
    effects.extend(LedgerEntry::of_recovery(grant, dispatch.purchase, reason, at).map(Effect::Post));
    (with(GrantStatus::Revoked(issue)), effects)
}
