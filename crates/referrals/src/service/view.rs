//! Builds the API's views of attributions and grants.

use crate::Error;
use crate::dto::{AttributionView, BenefitBody, GrantView, attribution_view};
use crate::ids::grant_id;
use crate::storage::attributions::{self, AttributionRow};
use crate::storage::grants::{self as grants_repo, GrantRow};
use crate::storage::{customers as customers_repo, held_commands};
use flux_referral_rules::{AttributionId, Delivery, Grant, GrantStatus, LineState, Reason};
use flux_storage::Tx;
use jiff::Timestamp;

/// The attribution with this id.
pub fn attribution(tx: &Tx<'_>, id: &AttributionId, now: Timestamp) -> Result<AttributionView, Error> {
    let row = attributions::find(tx, id)?.ok_or(Error::NotFound("attribution"))?;
    view_of(tx, &row, now)
}

/// An attribution with its grants.
pub fn view_of(tx: &Tx<'_>, row: &AttributionRow, now: Timestamp) -> Result<AttributionView, Error> {
    let found = grants_repo::of_attribution(tx, &row.attribution.id)?;
    let (mut all, mut has_player) = (Vec::new(), true);
    for grant in &found {
        let states = held_commands::states(tx, &grant_id(&grant.grant.key))?;
        has_player &= states.is_empty() || has_a_player(tx, &grant.grant)?;
        all.extend(states);
    }
    let delivery = Delivery::of(has_player, all);
    Ok(attribution_view(&row.attribution, row.reason, row.session.as_ref(), delivery, grants(tx, &found, now)?, now))
}

/// Grants with the state of their commands.
pub fn grants(tx: &Tx<'_>, rows: &[GrantRow], now: Timestamp) -> Result<Vec<GrantView>, Error> {
    rows.iter().map(|row| grant(tx, row, now)).collect()
}

fn grant(tx: &Tx<'_>, row: &GrantRow, now: Timestamp) -> Result<GrantView, Error> {
    let GrantRow { id, grant, discount, .. } = row;
    let states: Vec<LineState> = held_commands::states(tx, id)?;
    let has_player = states.is_empty() || has_a_player(tx, grant)?;
    // Show `expired` once the deadline has passed, whether or not a sweep has stored it.
    let status =
        if matches!(grant.status, GrantStatus::Expired(_)) { grant.status.clone() } else { grant.status_at(now) };
    let (mut due_at, mut issue, mut skipped) = (None, None, None);
    match &status {
        GrantStatus::Scheduled { due_at: at } => due_at = *at,
        GrantStatus::Cancelled { skipped: why } => skipped = *why,
        GrantStatus::Issued(of) | GrantStatus::Used(of, _) | GrantStatus::Expired(of) | GrantStatus::Revoked(of) => {
            issue = Some(*of);
        }
    }
    Ok(GrantView {
        id: id.to_string(),
        side: grant.key.side.into(),
        trigger: grant.key.trigger.into(),
        customer_id: grant.customer.to_string(),
        benefit: grant.terms.benefit.as_ref().map(BenefitBody::from),
        status: status.as_str().to_owned(),
        due_at,
        issued_at: issue.map(|issue| issue.at),
        expires_at: issue.and_then(|issue| issue.expires_at),
        discount_id: discount.as_ref().map(|(id, _)| id.clone()),
        code: discount.as_ref().map(|(_, code)| code.to_string()),
        delivery: Delivery::of(has_player, states).to_string(),
        left_out: held_commands::left_out(tx, id)?.iter().map(ToString::to_string).collect(),
        skip_reason: skipped.map(|reason| reason.to_string()),
        reason: skipped.or(reversal(tx, &status, &grant.key.attribution)?).map(|reason| reason.to_string()),
    })
}

/// The reason for which a grant was taken back, or never given: that of its attribution's void.
fn reversal(tx: &Tx<'_>, status: &GrantStatus, id: &AttributionId) -> Result<Option<Reason>, Error> {
    match status {
        GrantStatus::Revoked(_) | GrantStatus::Cancelled { skipped: None } => {
            Ok(attributions::find(tx, id)?.and_then(|row| row.attribution.status.reason()))
        }
        GrantStatus::Scheduled { .. }
        | GrantStatus::Issued(_)
        | GrantStatus::Used(..)
        | GrantStatus::Expired(_)
        | GrantStatus::Cancelled { skipped: Some(_) } => Ok(None),
    }
}

fn has_a_player(tx: &Tx<'_>, grant: &Grant) -> Result<bool, Error> {
    Ok(customers_repo::find(tx, &grant.customer)?.is_some_and(|customer| customer.person.player.is_some()))
}
