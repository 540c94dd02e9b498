//! Stores a decision: the attribution, its grants, and their effects.

use super::UnitOfWork;
use super::mails::{enabled_mails, send_mail};
use super::reward_commands::{cancel_commands, queue_commands, reverse_grant};
use crate::Error;
use crate::ids::{self, grant_id};
use crate::storage::grants::{self, GrantRow};
use crate::storage::{attributions, ledger};

use flux_referral_rules::{
    Attribution, Change, Decision, Discount, Dispatch, Effect, Grant, GrantKey, GrantStatus, Status, Trigger,
    ValidationError, mails as mails_of, make_discount_code,
};
use flux_shop::kind;
use flux_storage::events;
use serde_json::json;

/// Stores the decision of an event. `before` is the attribution before it.
pub(super) fn apply_decision(
    work: &mut UnitOfWork<'_>,
    before: &Attribution,
    decision: Decision,
) -> Result<Attribution, Error> {
    let mails = mails_of(before, &decision, &enabled_mails(work));
    let Decision { mut attribution, changes, reason } = decision;
    if before.status == Status::Expired && attribution.status == Status::Pending {
        // An event before the deadline finds the attribution open. The stored status stays `expired` (D-16).
        attribution.status = Status::Expired;
    }
    if attribution.referee != before.referee && reason.is_none() {
        attributions::set_referee(work.tx(), &attribution.id, &attribution.referee)?;
    }
    attributions::update(work.tx(), &attribution, reason)?;
    announce_attribution(work, before, &attribution)?;
    let is_rewarded = |change: &Change| change.grant.key.trigger == Trigger::Registration && change.grant.is_live();
    if changes.iter().any(is_rewarded) {
        attributions::count_rewarded_registration(work.tx(), &attribution.id)?;
    }
    for change in changes {
        apply_change(work, change)?;
    }
    for mail in mails {
        send_mail(work, &mail)?;
    }
    issue_due_grants(work, attribution)
}

/// Issues the grants that are due by now, so that a late event need not wait for a sweep.
pub(super) fn issue_due_grants(work: &mut UnitOfWork<'_>, attribution: Attribution) -> Result<Attribution, Error> {
    let found = grants::of_attribution(work.tx(), &attribution.id)?;
    let due: Vec<GrantRow> =
        found.into_iter().filter(|row| matches!(row.grant.status, GrantStatus::Scheduled { .. })).collect();
    let mut is_changed = false;
    for row in due {
        is_changed |= issue_if_due(work, &attribution, &row.grant, work.tx().now())?;
    }
    if is_changed { settle_attribution(work, attribution) } else { Ok(attribution) }
}

/// Issues a grant if it is due. Returns whether it was.
pub(super) fn issue_if_due(
    work: &mut UnitOfWork<'_>,
    attribution: &Attribution,
    grant: &Grant,
    now: jiff::Timestamp,
) -> Result<bool, Error> {
    let names = player_names(work, attribution)?;
    let due = flux_referral_rules::issue_due(
        &work.program().program,
        grant,
        &dispatch_facts(work, &names, attribution)?,
        now,
    );
    let Some(change) = due else { return Ok(false) };
    let decision = Decision { attribution: attribution.clone(), changes: vec![change], reason: None };
    let mails = mails_of(attribution, &decision, &enabled_mails(work));
    for change in decision.changes {
        apply_change(work, change)?;
    }
    for mail in mails {
        send_mail(work, &mail)?;
    }
    Ok(true)
}

/// Updates the status of an attribution after a change of its grants.
pub(super) fn settle_attribution(work: &mut UnitOfWork<'_>, attribution: Attribution) -> Result<Attribution, Error> {
    let all = grants::of_attribution(work.tx(), &attribution.id)?;
    let all: Vec<Grant> = all.into_iter().map(|row| row.grant).collect();
    let settled = flux_referral_rules::settle(attribution.clone(), &all);
    if settled != attribution {
        attributions::update(work.tx(), &settled, None)?;
        announce_attribution(work, &attribution, &settled)?;
    }
    Ok(settled)
}

/// Stores the status `expired`.
pub(super) fn expire_attribution(work: &UnitOfWork<'_>, attribution: Attribution) -> Result<(), Error> {
    let after = Attribution { status: Status::Expired, ..attribution.clone() };
    attributions::update(work.tx(), &after, None)?;
    announce_attribution(work, &attribution, &after)
}

/// The players' names of both sides, for commands.
pub(super) fn player_names(work: &UnitOfWork<'_>, row: &Attribution) -> Result<[Option<String>; 2], Error> {
    let name = |id| Ok::<_, Error>(work.customer(id)?.person.player.map(|player| player.name));
    Ok([name(&row.referrer)?, name(&row.referee)?])
}

pub(super) fn dispatch_facts<'b>(
    work: &'b UnitOfWork<'_>,
    names: &'b [Option<String>; 2],
    row: &'b Attribution,
) -> Result<Dispatch<'b>, Error> {
    let [referrer, referee] = names;
    Ok(Dispatch {
        servers: work.servers()?,
        referrer: referrer.as_deref(),
        referee: referee.as_deref(),
        purchase: row.purchase.as_ref(),
    })
}

/// Records the events of a status change. A change from pending to rewarded passes through qualified and records both.
fn announce_attribution(work: &UnitOfWork<'_>, before: &Attribution, after: &Attribution) -> Result<(), Error> {
    let id = after.id.as_str();
    if before.registered_at.is_none() && after.registered_at.is_some() {
        events::record(work.tx(), work.audit(), kind::ATTRIBUTION_REGISTERED, id, &json!({}))?;
    }
    if before.status.as_str() == after.status.as_str() {
        return Ok(());
    }
    let order = after.purchase.as_ref().map(|purchase| purchase.order.as_str());
    let data = json!({"orderId": order, "reason": after.status.reason().map(|reason| reason.as_str())});
    if after.status == Status::Rewarded && before.status == Status::Pending && order.is_some() {
        events::record(work.tx(), work.audit(), "attribution.qualified", id, &data)?;
    }
    Ok(events::record(work.tx(), work.audit(), &format!("attribution.{}", after.status.as_str()), id, &data)?)
}

fn apply_change(work: &mut UnitOfWork<'_>, change: Change) -> Result<(), Error> {
    let Change { grant, effects } = change;
    grants::put(work.tx(), &grant)?;
    announce_grant(work, &grant)?;
    effects.into_iter().try_for_each(|effect| apply_effect(work, effect))
}

/// Records the event of a grant's new status.
pub(super) fn announce_grant(work: &UnitOfWork<'_>, grant: &Grant) -> Result<(), Error> {
    let key = &grant.key;
    let data = json!({"attributionId": key.attribution.as_str(), "side": key.side.as_str(), "trigger": key.trigger.as_str(),
                      "reward": grant.terms.benefit.as_ref().map(flux_referral_rules::Benefit::label)});
    let kind = format!("grant.{}", grant.status.as_str());
    Ok(events::record(work.tx(), work.audit(), &kind, grant_id(key).as_str(), &data)?)
}

fn apply_effect(work: &mut UnitOfWork<'_>, effect: Effect) -> Result<(), Error> {
    match effect {
        Effect::MintCode { grant, discount, .. } => mint_code(work, &grant, &discount),
        // The grant's status is already `revoked`.
        Effect::RevokeCode(_) => Ok(()),
        Effect::Post(entry) => match ledger::post(work.tx(), &entry)? {
            Some(_) => Ok(()),
            None => Err(Error::invalid("amount", ValidationError::Overflow.to_string())),
        },
        Effect::Queue(key, made) => queue_commands(work, &key, made),
        Effect::CancelLines(key) => cancel_commands(work, &key),
        Effect::Reverse(key, made) => reverse_grant(work, &key, &made),
    }
}

fn mint_code(work: &UnitOfWork<'_>, key: &GrantKey, discount: &Discount) -> Result<(), Error> {
    let mut failure = None;
    let is_taken = |code: &flux_referral_rules::Code| {
        grants::has_code(work.tx(), code).unwrap_or_else(|error| {
            failure = Some(error);
            true
        })
    };
    let code = make_discount_code(|bound| ids::below(work.tx(), bound), is_taken);
    match (failure, code) {
        (Some(error), _) => Err(error.into()),
        (None, Ok(code)) => Ok(grants::mint(work.tx(), key, &code, discount)?),
        (None, Err(invalid)) => Err(Error::conflict("no_free_code", invalid.to_string())),
    }
}
